/**
 * The block structure of Markdown, line by line (CommonMark's own algorithm: a stack of open blocks), with tables,
 * tasks and display maths. A line costs the same however long the text before it is; only open blocks still change.
 */

import { KEEPS, OVER, STARTS, cells, definition } from "./syntax.js";
import { Cursor } from "./cursor.js";

const CONTAINERS = new Set(["document", "quote", "list", "item"]);
const VERBATIM = new Set(["code", "math"]);
// Cannot be told yet from the beginning of something else, or would only flash: wait for the rest of the line.
const UNDECIDED = /^[-\s>*+=_#$|\\:`~]*(?:\d{1,9}[.)]?)?\s*$|^[\s>]*(?:[-*+]\s+|\d{1,9}[.)]\s+)?(?:```|~~~)/;

function endsBlank(node) {
  for (; node; node = node.children.at(-1)) {
    if (node.lastBlank) return true;
    if (node.type !== "list" && node.type !== "item") return false;
  }
  return false;
}

/** A function that gives an open block back what it has now: its fields, and no more lines or children. */
function snapshot(node) {
  const fields = { ...node };
  const [last, children, lines] = [node.children.slice(-1), node.children.length, node.lines.length];
  return () => {
    Object.assign(node, fields);
    node.children.splice(Math.max(children - 1, 0), Infinity, ...last);
    node.lines.length = lines;
  };
}

const NEW = { open: true, final: false, lastBlank: false };

export class Blocks {
  references = Object.create(null);
  document = { type: "document", children: [], lines: [], ...NEW };
  #open = [this.document];
  #line = 0;
  #guessing = false;

  get tip() {
    return this.#open.at(-1);
  }

  /** Whether containers may still nest: what no text needs would only exhaust the browser. */
  get roomy() {
    return this.#open.length < 40;
  }

  /** Take one whole line, without its line break. */
  feed(line) {
    const cursor = new Cursor(line);
    this.#line++;
    const depth = this.#keep(cursor);
    if (depth === OVER) return;
    const matched = VERBATIM.has(this.#open[depth - 1].type) ? depth : this.#start(cursor, depth);
    this.#take(cursor, matched);
  }

  /** Call `look` on the blocks as they would be if `part` were a whole line, then forget that line again. */
  guess(part, look) {
    const kept = this.#open.map(snapshot);
    const open = [...this.#open];
    this.#guessing = true;
    if (!UNDECIDED.test(part)) this.feed(part);
    this.#guessTable();
    look();
    this.#guessing = false;
    this.#open = open;
    for (const restore of kept) restore();
  }

  get isVerbatim() {
    return VERBATIM.has(this.tip.type);
  }

  /** Put text behind what was said last: into the paragraph that is open, or below any other block. */
  follow(text) {
    if (this.tip.type === "paragraph" && !definition(this.tip.text)) this.tip.text = this.tip.text.trimEnd() + text;
    else {
      this.#closeTo(1);
      this.feed(text);
    }
  }

  /** Nothing follows: close everything. */
  finish() {
    this.#closeTo(0);
  }

  /** Put a new block into the innermost open block that can hold it, below the first `depth`. */
  add(depth, type, fields = {}) {
    this.#closeTo(depth);
    while (!this.#holds(this.tip, type)) this.#closeTo(this.#open.length - 1);
    const parent = this.tip;
    this.#loosen(parent);
    const node = { type, children: [], lines: [], born: this.#line, ...NEW, ...fields };
    parent.children.push(node);
    this.#open.push(node);
    return node;
  }

  /** Put a block of another type in the place of the paragraph that is open. */
  turn(type, fields) {
    const node = { ...this.tip, text: undefined, born: this.#line, type, ...fields };
    this.#open[this.#open.length - 1] = node;
    this.#open.at(-2).children.splice(-1, 1, node);
    return node;
  }

  close() {
    this.#closeTo(this.#open.length - 1);
  }

  /** How many of the open blocks go on in this line. */
  #keep(cursor) {
    let depth = 1;
    for (; depth < this.#open.length; depth++) {
      const node = this.#open[depth];
      const verdict = KEEPS[node.type](node, cursor);
      if (verdict === OVER) {
        this.#closeTo(depth);
        return OVER;
      }
      if (!verdict) break;
    }
    return depth;
  }

  /** Open the blocks that begin in this line; how many are open in it then. */
  #start(cursor, depth) {
    for (;;) {
      const container = this.#open[depth - 1];
      if (!STARTS.some((start) => start(this, cursor, depth, container))) return depth;
      depth = this.#open.length;
      if (!CONTAINERS.has(this.tip.type)) return depth;
    }
  }

  /** Give what is left of the line to the block it belongs to. */
  #take(cursor, depth) {
    if (depth < this.#open.length && !cursor.blank && this.tip.type === "paragraph") {
      this.tip.text += `\n${cursor.ahead}`; // lazy continuation
      return;
    }
    this.#closeTo(depth);
    const node = this.tip;
    this.#markBlank(node, cursor.blank);
    if (VERBATIM.has(node.type)) this.#takeVerbatim(node, cursor);
    else if (cursor.blank) return;
    else if (node.type === "paragraph") node.text += `\n${cursor.ahead}`;
    else if (node.type === "table") this.#takeRow(node, cursor);
    else if (CONTAINERS.has(node.type)) this.#paragraph(node, cursor, depth);
    if (this.tip.type === "heading" || this.tip.type === "rule" || this.tip.closed) this.close();
  }

  #takeRow(table, cursor) {
    if (table.born === this.#line) return;
    table.children.push({ ...table.children[0], tag: "td", cells: cursor.ahead, final: !this.#guessing });
  }

  #takeVerbatim(node, cursor) {
    if (node.born === this.#line && node.fence !== "") return;
    if (node.fence === "" && cursor.blank) node.blanks++;
    else {
      for (; node.blanks > 0; node.blanks--) node.lines.push("");
      node.lines.push(cursor.rest);
    }
  }

  #paragraph(parent, cursor, depth) {
    let text = cursor.ahead;
    const task = parent.type === "item" && !parent.children.length && /^\[([ xX])\][ \t]+(?=\S)/.exec(text);
    if (task) {
      parent.task = task[1] === " " ? "open" : "done";
      text = text.slice(task[0].length);
    }
    this.add(depth, "paragraph", { text });
  }

  /** Remember blank lines, as CommonMark does, to tell loose lists from tight ones. */
  #markBlank(node, blank) {
    if (blank && node.children.length) node.children.at(-1).lastBlank = true;
    const exempt =
      node.type === "quote" ||
      (node.type === "code" && node.fence !== "") ||
      (node.type === "item" && !node.children.length && node.born === this.#line);
    for (const open of this.#open) open.lastBlank = blank && !exempt;
  }

  #loosen(parent) {
    if (!endsBlank(parent.children.at(-1))) return;
    if (parent.type === "list") parent.tight = false;
    if (parent.type === "item") this.#open.at(-2).tight = false;
  }

  #holds(parent, type) {
    return parent.type === "list" ? type === "item" : CONTAINERS.has(parent.type);
  }

  #closeTo(depth) {
    while (this.#open.length > depth) {
      const { type, closed, raw } = this.tip;
      if (type === "paragraph") this.#endParagraph();
      else if (type === "math" && !closed) this.turn("paragraph", { text: raw.trim(), lines: [] });
      const node = this.#open.pop();
      node.open = false;
      node.final = !this.#guessing;
    }
  }

  #endParagraph() {
    const node = this.tip;
    for (let found = definition(node.text); found; found = definition(node.text)) {
      node.text = node.text.slice(found.length).trimStart();
      if (!this.#guessing) this.references[found.label] ??= { href: found.href, title: found.title };
    }
    node.text = node.text.trimEnd();
    if (!node.text) this.#open.at(-2).children.pop();
  }

  /** The first row of a table looks like one before the line below it says that it is one. */
  #guessTable() {
    const { type, text } = this.tip;
    if (type === "paragraph" && /^\|.*\|.*(?:\n[\s|:-]*)?$/.test(text)) {
      const header = text.split("\n", 1)[0];
      const align = cells(header).map(() => "");
      this.turn("table", { children: [{ type: "row", tag: "th", cells: header, align, final: false }] });
    }
  }
}
