/** A block of code: a bar with its language and a copy button, and lines that are only ever added. */

import { copyButton } from "./clipboard.js";
import { Highlighting } from "./highlight.js";

const CHUNK = 64; // lines that share an element, so that a long block is laid out in parts

export class Code {
  #code = document.createElement("code");
  #label = document.createElement("span");
  #lines = [];
  #part = document.createTextNode(""); // the line that is still arriving
  #highlighting = null;
  #language = null;

  constructor() {
    this.element = document.createElement("div");
    this.element.className = "code";
    this.element.dir = "ltr";
    this.element.translate = false;
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    this.#code.append(this.#part);
    pre.append(this.#code);
    this.element.append(this.#bar(), pre);
  }

  draw(node) {
    if (node.language !== this.#language) this.#name(node.language);
    const whole = node.final ? node.lines.length : Math.max(node.lines.length - 1, 0);
    const fresh = node.lines.slice(this.#lines.length, whole);
    for (const line of fresh) this.#add(line);
    this.#part.data = node.lines[whole] ?? "";
    if (fresh.length) this.#highlighting?.add(fresh);
    if (node.final) this.#highlighting?.end();
  }

  #bar() {
    const bar = document.createElement("div");
    bar.className = "code-bar";
    this.#label.className = "code-language";
    bar.append(this.#label, copyButton("Copy code", () => this.#code.textContent.replace(/\n$/, "")));
    return bar;
  }

  #name(language) {
    this.#language = language;
    this.#label.textContent = language || "text";
    if (language) this.#highlighting = new Highlighting(language, (index, runs) => this.#paint(index, runs));
  }

  #add(text) {
    const line = document.createElement("span");
    line.textContent = `${text}\n`;
    if (this.#lines.length % CHUNK === 0) this.#newChunk();
    this.#part.previousSibling.append(line);
    this.#lines.push(line);
  }

  #newChunk() {
    const chunk = document.createElement("span");
    chunk.className = "code-lines";
    this.#part.before(chunk);
  }

  /** Colour one line: `runs` is [class, text, class, text, …]. */
  #paint(index, runs) {
    const parts = [];
    for (let at = 0; at < runs.length; at += 2) {
      if (runs[at]) {
        const run = document.createElement("span");
        run.className = runs[at];
        run.textContent = runs[at + 1];
        parts.push(run);
      } else parts.push(runs[at + 1]);
    }
    this.#lines[index].replaceChildren(...parts, "\n");
  }
}
