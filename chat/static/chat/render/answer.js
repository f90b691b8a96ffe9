/** The text of an answer as the reader sees it: Markdown that grows, drawn at most once per frame. */

import { Drawing } from "./drawing.js";
import { never, soon } from "./pace.js";
import { breath, settled } from "./work.js";

export { settled };

const SLICE = 8; // ms of drawing in one task

/** One growing Markdown text in one element. */
export class AnswerView {
  #element;
  #citations;
  #text = "";
  #drawing;
  #ended = false;
  #draw = (deadline) => this.#drawing.advance(deadline);

  /** `citations`: citations of the API that belong to the whole text; their numbers follow it when it ends. */
  constructor(element, { citations = [] } = {}) {
    this.#element = element;
    this.#citations = citations;
    element.classList.add("markdown");
    element.dataset.rendered = "";
    this.#reset();
  }

  /** The source, exactly what was appended. */
  get text() {
    return this.#text;
  }

  append(text) {
    if (this.#ended) this.#reset();
    this.#text += text;
    this.#drawing.take(text);
    this.#schedule();
  }

  /** Show this text instead; what it shares with the one before stays as it is. */
  setText(text) {
    if (text === this.#text) return;
    if (text.startsWith(this.#text)) this.append(text.slice(this.#text.length));
    else {
      this.#text = "";
      this.#reset();
      this.append(text);
    }
  }

  /** Number these citations of the API behind the text so far. */
  cite(citations) {
    this.#drawing.cite(citations);
    this.#schedule();
  }

  /** Nothing follows: draw the rest at once, or in slices where it is long. Resolves when all is drawn. */
  async end() {
    if (this.#ended) return;
    this.#ended = true;
    never(this.#draw);
    const drawing = this.#drawing;
    while (!drawing.advance(performance.now() + SLICE)) {
      await breath();
      if (drawing !== this.#drawing) return;
    }
    drawing.cite(this.#citations, true);
    drawing.finish();
  }

  #reset() {
    never(this.#draw);
    this.#ended = false;
    this.#element.replaceChildren();
    this.#drawing = new Drawing(this.#element);
    this.#drawing.take(this.#text);
  }

  #schedule() {
    if (!this.#ended) soon(this.#draw);
  }
}
