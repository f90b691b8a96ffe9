/** One Markdown text on its way into one element: its blocks, the line still arriving, and what is drawn. */

import { Blocks } from "./blocks.js";
import { CITE } from "./inline.js";
import { Citations } from "./links.js";
import { Children } from "./views.js";
import { later } from "./work.js";

const PORTION = 4_000; // characters drawn between two looks at the clock

export class Drawing {
  #blocks = new Blocks();
  #rest = ""; // not taken yet: whole lines, then the one that is still arriving
  #citations = new Citations();
  #owed = ""; // citation numbers that had no place yet
  #unresolved = new Set();
  #children;

  constructor(element) {
    this.#children = new Children(element, {
      top: element,
      citations: this.#citations,
      references: this.#blocks.references,
      unresolved: this.#unresolved,
    });
  }

  take(text) {
    this.#rest += text;
  }

  /** Number citations behind the text so far; `last` says that no text follows. */
  cite(citations, last = false) {
    const numbers = new Set(citations.map((citation) => this.#citations.add(citation)));
    const marks = [...numbers].filter(Boolean).map((number) => `${CITE}${number}${CITE}`).join("");
    if (last || this.#blocks.isVerbatim) this.#owed += marks;
    else this.#rest += marks;
  }

  /** Draw what was taken, line by line, until all is drawn (true) or the time is over (false). */
  advance(deadline) {
    while (this.#feed(PORTION)) {
      this.#draw();
      if (performance.now() > deadline) return false;
    }
    this.#blocks.guess(this.#rest, () => this.#draw());
    return true;
  }

  /** Nothing follows. Text that refers to links defined further down is drawn again, in slices. */
  finish() {
    this.#feed(Infinity);
    if (this.#rest) this.#blocks.feed(this.#rest.replace(/\r$/, ""));
    this.#rest = "";
    if (this.#owed) this.#blocks.follow(this.#owed);
    this.#blocks.finish();
    const stale = Object.keys(this.#blocks.references).length ? [...this.#unresolved] : [];
    this.#draw();
    for (const prose of stale) later(() => prose.again());
  }

  /** Give whole lines to the blocks, about this many characters; whether more whole lines are left. */
  #feed(characters) {
    let from = 0;
    for (let end; from < characters && (end = this.#rest.indexOf("\n", from)) >= 0; from = end + 1) {
      this.#blocks.feed(this.#rest.slice(from, end).replace(/\r$/, ""));
    }
    this.#rest = this.#rest.slice(from);
    return from >= characters;
  }

  #draw() {
    this.#children.draw(this.#blocks.document.children);
  }
}
