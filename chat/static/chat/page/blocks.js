/** The content blocks of an answer that grows: one view per block, fed with what is new. */

import { AnswerView } from "../render/answer.js";
import { copyOf, made, part } from "./parts.js";

class Text {
  constructor(block) {
    this.element = copyOf("block-text");
    this.view = new AnswerView(part(this.element, "markdown"), { citations: block.data.citations ?? [] });
  }

  draw(block) {
    const text = block.take();
    if (text) this.view.append(text);
  }

  end() {
    this.view.end();
  }
}

class Thinking {
  constructor(block) {
    this.element = copyOf("block-thinking");
    if (block.kind !== "thinking") part(this.element, "summary").textContent = "Thinking, hidden by the provider";
    this.view = new AnswerView(part(this.element, "markdown"), { citations: [] });
  }

  draw(block) {
    const text = block.take();
    if (text) this.view.append(text);
  }

  end() {
    this.view.end();
  }
}

/** A tool call: its name, what it looks for, and its input as it arrives. */
class Call {
  #text = "";

  constructor(block) {
    this.element = copyOf("block-tool");
    this.block = block;
    part(this.element, "summary").textContent = words(block.data.name ?? block.kind);
  }

  draw(block) {
    const text = block.take();
    if (!text) return;
    this.#text += text;
    part(this.element, "input").textContent = this.#text;
  }

  end() {
    const { input } = this.block.data;
    if (typeof input !== "object" || input === null) return;
    part(this.element, "hint").textContent = Object.values(input).find((value) => typeof value === "string") ?? "";
    part(this.element, "input").textContent = JSON.stringify(input, null, 2);
  }
}

/** What a tool found, and whatever kind of block the API brings next: links where there are some, else the JSON. */
class Result {
  constructor(block) {
    this.element = copyOf("block-tool");
    this.block = block;
    part(this.element, "summary").textContent = words(block.kind);
  }

  draw() {}

  end() {
    const { data, kind } = this.block;
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
  if (block.kind === "text") return new Text(block);
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
      this.#viewFor(block).draw(block);
      if ((block.done || over) && !this.#ended.has(block)) this.#end(block);
    }
  }

  #viewFor(block) {
    if (!this.#views[block.index]) {
      const view = viewOf(block);
      Object.assign(view.element.dataset, { block: block.index, kind: block.kind });
      this.#views[block.index] = view;
      this.container.append(view.element);
    }
    return this.#views[block.index];
  }

  #end(block) {
    this.#ended.add(block);
    this.#views[block.index].end();
  }
}
