/** DOM for blocks: each view draws one block, and looks only at those of its children that can still change. */

import { Code } from "./code.js";
import { mathNode, sourceNode } from "./maths.js";
import { Prose } from "./prose.js";
import { cells } from "./syntax.js";

const HALF_DEFINITION = /^\[[^\]\n]{1,200}\]:[^\n]{0,300}$/;

/** The children of a block, in `host`: those that are final are drawn once more and then never again. */
export class Children {
  #host;
  #context;
  #views = [];
  #done = 0;

  constructor(host, context) {
    this.#host = host;
    this.#context = context;
  }

  draw(nodes) {
    for (const { view } of this.#views.splice(nodes.length)) view.element.remove();
    for (let index = this.#done; index < nodes.length; index++) {
      const node = nodes[index];
      this.#viewAt(index, node).draw(node);
      if (node.final && index === this.#done) this.#done++;
    }
  }

  #viewAt(index, node) {
    const kind = kindOf(node);
    const known = this.#views[index];
    if (known?.kind === kind) return known.view;
    const view = new VIEWS[node.type](this.#context, node);
    if (known) known.view.element.replaceWith(view.element);
    else this.#host.append(view.element);
    if (this.#context.top === this.#host) view.element.dir ||= "auto";
    this.#views[index] = { kind, view };
    return view;
  }
}

/** What two blocks must share for one to be drawn in the other's place. */
function kindOf({ type, level, ordered, language, final }) {
  return [type, level, ordered, type === "math" && final, language].join();
}

class Leaf {
  constructor(tag, context) {
    this.element = document.createElement(tag);
    this.prose = new Prose(this.element, context);
  }

  draw(node) {
    const hidden = node.open && HALF_DEFINITION.test(node.text);
    this.prose.draw(hidden ? "" : node.text, node.open);
  }
}

class Paragraph extends Leaf {
  constructor(context) {
    super("p", context);
  }
}

class Heading extends Leaf {
  constructor(context, { level }) {
    super(`h${level}`, context);
  }
}

class Rule {
  element = document.createElement("hr");

  draw() {}
}

class Quote {
  constructor(context) {
    this.element = document.createElement("blockquote");
    this.children = new Children(this.element, context);
  }

  draw(node) {
    this.children.draw(node.children);
  }
}

class List {
  constructor(context, { ordered }) {
    this.element = document.createElement(ordered ? "ol" : "ul");
    this.children = new Children(this.element, context);
  }

  draw(node) {
    if (node.ordered && node.start !== this.element.start) this.element.start = node.start;
    if (node.tight !== this.element.classList.contains("tight")) this.#tighten(node.tight);
    this.children.draw(node.children);
  }

  /** Items always hold paragraphs, so that a list that turns out loose changes by its class alone. */
  #tighten(tight) {
    if (tight) this.element.className = "tight";
    else this.element.removeAttribute("class");
  }
}

class Item {
  #box = null;

  constructor(context) {
    this.element = document.createElement("li");
    this.children = new Children(this.element, context);
  }

  draw(node) {
    if (Boolean(node.task) !== Boolean(this.#box)) this.#toggleBox();
    this.#box?.toggleAttribute("checked", node.task === "done");
    this.children.draw(node.children);
  }

  #toggleBox() {
    if (this.#box) this.element.removeAttribute("class");
    else this.element.className = "task";
    this.#box?.remove();
    this.#box = this.#box ? null : Object.assign(document.createElement("input"), { type: "checkbox", disabled: true });
    if (this.#box) this.element.prepend(this.#box);
  }
}

class Table {
  constructor(context) {
    this.element = document.createElement("div");
    this.element.className = "table";
    this.element.tabIndex = 0;
    const table = document.createElement("table");
    this.head = new Children(table.createTHead(), context);
    this.body = new Children(table.createTBody(), context);
    this.element.append(table);
  }

  draw(node) {
    this.head.draw(node.children.slice(0, 1));
    this.body.draw(node.children.slice(1));
  }
}

class Row {
  #cells = [];

  constructor(context, { tag }) {
    this.context = context;
    this.tag = tag;
    this.element = document.createElement("tr");
  }

  draw({ cells: row, align, final }) {
    const texts = cells(row);
    for (const { element } of this.#cells.splice(align.length)) element.remove();
    align.forEach((side, index) => {
      const cell = (this.#cells[index] ??= this.#newCell());
      if (side && !cell.element.className) cell.element.className = `align-${side}`;
      cell.prose.draw(texts[index] ?? "", !final);
    });
  }

  #newCell() {
    const element = document.createElement(this.tag);
    if (this.tag === "th") element.scope = "col";
    this.element.append(element);
    return { element, prose: new Prose(element, this.context) };
  }
}

class Maths {
  constructor(context, node) {
    this.element = (node.final ? mathNode : sourceNode)("div", node.lines.join("\n").trim(), true);
  }

  draw(node) {
    if (!node.final) this.element.textContent = node.lines.join("\n").trim();
  }
}

const VIEWS = {
  paragraph: Paragraph,
  heading: Heading,
  rule: Rule,
  quote: Quote,
  list: List,
  item: Item,
  table: Table,
  row: Row,
  code: Code,
  math: Maths,
};
