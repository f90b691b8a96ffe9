/** Inline Markdown that is still arriving, completed so that nothing flashes: `**bo` is bold. */

const LONGEST_LABEL = 300; // characters that an open bracket or formula may hold back

/** The text with its open ends closed or left out. Only for drawing what is not at its end yet. */
export function complete(text) {
  const scan = new Scan(text);
  scan.run();
  return scan.result();
}

class Scan {
  #text;
  #at = 0;
  #end; // where what is shown ends
  #tail = ""; // what closes it
  #emphasis = [];
  #brackets = [];
  #dropped = new Set();

  constructor(text) {
    this.#text = text;
    this.#end = text.length;
  }

  run() {
    for (; this.#at < this.#end; this.#at++) {
      const step = STEPS[this.#text[this.#at]];
      if (step) this[step]();
    }
  }

  result() {
    for (const bracket of this.#brackets) if (this.#isRecent(bracket)) this.#drop(bracket);
    const kept = [...this.#dropped].sort((a, b) => a - b);
    let shown = "";
    let from = 0;
    for (const index of kept) {
      shown += this.#text.slice(from, index);
      from = index + 1;
    }
    shown += this.#text.slice(from, Math.max(from, this.#end));
    const closers = this.#tail + this.#emphasis.map(({ run }) => run).reverse().join("");
    return closers ? shown.trimEnd() + closers + shown.slice(shown.trimEnd().length) : shown;
  }

  #isRecent(at) {
    return this.#text.length - at <= LONGEST_LABEL;
  }

  #drop(bracket) {
    this.#dropped.add(bracket);
    if (this.#text[bracket - 1] === "!") this.#dropped.add(bracket - 1);
  }

  #runLength() {
    let end = this.#at;
    while (this.#text[end] === this.#text[this.#at]) end++;
    return end - this.#at;
  }

  escape() {
    const next = this.#text[this.#at + 1];
    if (next === undefined) this.#end = this.#at;
    else if (next === "(" || next === "[") this.#formula(`\\${next === "(" ? ")" : "]"}`, 2);
    else this.#at++;
  }

  dollar() {
    if (this.#text[this.#at + 1] === "$") this.#formula("$$", 2);
    else if (/^\$[\\a-zA-Z{]/.test(this.#text.slice(this.#at, this.#at + 2))) this.#formula("$", 1);
  }

  /** Pass a whole formula; hold back one that has only begun. */
  #formula(closer, width) {
    const close = this.#text.indexOf(closer, this.#at + width);
    if (close >= 0) this.#at = close + closer.length - 1;
    else if (this.#text.length - this.#at <= (width === 1 ? 40 : LONGEST_LABEL)) this.#end = this.#at;
    else this.#at += width - 1;
  }

  code() {
    const length = this.#runLength();
    const run = "`".repeat(length);
    let close = this.#at + length;
    for (;;) {
      close = this.#text.indexOf(run, close);
      if (close < 0) return this.#openCode(run);
      const before = this.#text[close - 1] === "`";
      let end = close;
      while (this.#text[end] === "`") end++;
      if (!before && end - close === length) break;
      close = end;
    }
    this.#at = close + length - 1;
    return undefined;
  }

  #openCode(run) {
    const content = this.#text.slice(this.#at + run.length).replace(/`+$/, "");
    this.#end = content.trim() ? this.#at + run.length + content.length : this.#at;
    if (content.trim()) this.#tail = run;
    this.#at = this.#text.length;
  }

  emphasis() {
    const mark = this.#text[this.#at];
    const run = mark.repeat(this.#runLength());
    const before = this.#text[this.#at - 1] ?? " ";
    const after = this.#text[this.#at + run.length];
    const open = this.#emphasis.at(-1);
    if (open?.mark === mark && /\S/.test(before)) this.#closeEmphasis(run);
    else if (after === undefined) this.#end = this.#at;
    else if (/\S/.test(after) && !/\w/.test(before) && run.length <= 3 && (mark !== "~" || run.length === 2)) {
      this.#emphasis.push({ mark, run });
    }
    this.#at += run.length - 1;
  }

  #closeEmphasis(run) {
    const open = this.#emphasis.at(-1);
    const last = this.#at + run.length === this.#text.length;
    if (run.length >= open.run.length) this.#emphasis.pop();
    else if (last) this.#end = this.#at; // `**bold*`: the other half is on its way
    else if (open.run.length === 3) open.run = open.run.slice(run.length);
  }

  openBracket() {
    if (!/\w/.test(this.#text[this.#at - 1] ?? " ")) this.#brackets.push(this.#at);
  }

  closeBracket() {
    const open = this.#brackets.pop();
    if (open === undefined || !this.#isRecent(open)) return;
    const next = this.#text[this.#at + 1];
    if (next === "(") this.#target(open);
    else if (next === undefined) this.#half(open);
  }

  /** Pass the address of a link; leave out one that has only begun. */
  #target(open) {
    const close = /^\((?:[^()\\\n]|\\.|\([^()\n]*\))*\)/.exec(this.#text.slice(this.#at + 1));
    if (close) this.#at += close[0].length;
    else if (!/[\n]/.test(this.#text.slice(this.#at))) this.#half(open);
  }

  #half(open) {
    this.#drop(open);
    this.#end = this.#at;
  }
}

const STEPS = {
  "\\": "escape",
  $: "dollar",
  "`": "code",
  "*": "emphasis",
  _: "emphasis",
  "~": "emphasis",
  "[": "openBracket",
  "]": "closeBracket",
};
