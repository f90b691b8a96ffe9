/** The content blocks of an answer that grows: one view per block, fed with what is new. */

import { copyOf, made, part } from "./parts.js";
import { viewIn } from "./sources.js";

/** Text blocks that follow each other: one text, which citations cut in pieces. */
class Text {
  constructor(template = "block-text") {
    this.element = copyOf(template);
    this.view = viewIn(part(this.element, "markdown"));
  }

  draw(block) {
    const text = block.take();
    if (text) this.view.append(text);
  }

  blockEnds(block) {
    if (block.data.citations?.length) this.view.cite(block.data.citations);
  }

  end() {
    this.view.end();
  }
}

class Thinking extends Text {
  constructor(block) {
    super("block-thinking");
    if (block.kind !== "thinking") part(this.element, "summary").textContent = "Thinking, hidden by the provider";
  }
}

/** A tool call: its name, what it looks for, and its input as it arrives. */
class Call {
  constructor(block) {
    this.element = copyOf("block-tool");
    part(this.element, "summary").textContent = words(block.data.name ?? block.kind);
  }

  draw(block) {
    const text = block.take();
    if (text) part(this.element, "input").append(text);
  }

  blockEnds({ data: { input } }) {
    if (typeof input !== "object" || input === null) return;
    part(this.element, "hint").textContent = Object.values(input).find((value) => typeof value === "string") ?? "";
    part(this.element, "input").textContent = JSON.stringify(input, null, 2);
  }
}

/** What a tool found, and whatever kind of block the API brings next: links where there are some, else the JSON. */
class Result {
  constructor(block) {
    this.element = copyOf("block-tool");
    part(this.element, "summary").textContent = words(block.kind);
  }

  draw() {}

  blockEnds({ data, kind }) {
    const found = (Array.isArray(data.content) ? data.content : []).filter((each) => /^https?:/.test(each?.url));
    const list = part(this.element, "links");
    list.append(...found.map(({ url, title }) => linkTo(url, title || url)));
    list.hidden = found.length === 0;
    part(this.element, "input").hidden = found.length > 0;
    part(this.element, "input").textContent = JSON.stringify({ type: kind, ...data }, null, 2);
    if (found.length) part(this.element, "summary").textContent = `${found.length} result${found.length > 1 ? "s" : ""}`;
  }
}

const words = (name) => (name[0].toUpperCase() + name.slice(1).toLowerCase()).replaceAll("_", " ");

function linkTo(url, title) {
  const item = made("li");
  item.append(made("a", title, { href: url, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }));
  return item;
}

function viewOf(block) {
  if (block.kind === "text") return new Text();
  if (block.kind.endsWith("thinking")) return new Thinking(block);
  return block.kind.endsWith("tool_use") ? new Call(block) : new Result(block);
}

/** All blocks of one answer, drawn into `container`, which is emptied first. */
export class Blocks {
  #views = [];
  #ended = new Set();

  constructor(container) {
    this.container = container;
    container.replaceChildren();
  }

  /** Draw what is new; `over` says that nothing more will come. */
  draw(blocks, over) {
    for (const block of blocks) {
      const view = this.#viewFor(block, blocks[block.index - 1]);
      view.draw(block);
      if ((block.done || over) && !this.#ended.has(block)) view.blockEnds(block);
      if (block.done || over) this.#ended.add(block);
    }
    if (over) this.#views.at(-1)?.end?.();
  }

  #viewFor(block, before) {
    const known = this.#views[block.index];
    if (known) return known;
    const goesOn = block.kind === "text" && before?.kind === "text";
    return (this.#views[block.index] = goesOn ? this.#views[before.index] : this.#begin(block, before));
  }

  #begin(block, before) {
    if (before) this.#views[before.index].end?.();
    const view = viewOf(block);
    Object.assign(view.element.dataset, { block: block.index, kind: block.kind });
    this.container.append(view.element);
    return view;
  }
}
