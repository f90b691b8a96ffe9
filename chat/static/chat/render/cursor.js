/** A place in one line of Markdown, in characters and in columns: a tab reaches to the next multiple of four. */

const isSpace = (character) => character === " " || character === "\t";

export class Cursor {
  #line;
  #at = 0;
  #column = 0;
  #insideTab = false; // a tab of which only some columns were taken

  constructor(line) {
    this.#line = line;
    this.look();
  }

  /** Measure the white space ahead: its width (`indent`, in columns), and whether nothing else follows (`blank`). */
  look() {
    let next = this.#at;
    let column = this.#column;
    for (; isSpace(this.#line[next]); next++) column += this.#line[next] === "\t" ? 4 - (column % 4) : 1;
    this.next = next;
    this.indent = column - this.#column;
    this.blank = next >= this.#line.length;
  }

  get atSpace() {
    return isSpace(this.#line[this.#at]);
  }

  get column() {
    return this.#column;
  }

  /** What follows the white space ahead. */
  get ahead() {
    return this.#line.slice(this.next);
  }

  /** All that has not been passed, with what is left of a tab as spaces. */
  get rest() {
    if (!this.#insideTab) return this.#line.slice(this.#at);
    return " ".repeat(4 - (this.#column % 4)) + this.#line.slice(this.#at + 1);
  }

  skipSpace() {
    this.#column += this.indent;
    this.#at = this.next;
    this.#insideTab = false;
    this.look();
  }

  /** Pass this many columns; a tab may be passed in part. */
  skip(columns) {
    while (columns > 0 && this.#at < this.#line.length) {
      const width = this.#line[this.#at] === "\t" ? 4 - (this.#column % 4) : 1;
      const taken = Math.min(width, columns);
      this.#insideTab = taken < width;
      if (!this.#insideTab) this.#at++;
      this.#column += taken;
      columns -= taken;
    }
    this.look();
  }

  mark() {
    return [this.#at, this.#column, this.#insideTab];
  }

  back(mark) {
    [this.#at, this.#column, this.#insideTab] = mark;
    this.look();
  }
}
