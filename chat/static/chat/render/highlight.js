/** Colours for code, found in a worker: a long block takes longer than a frame, and the page never waits. */

import { later, underWay } from "./work.js";

const PAUSE = 8; // times as long as the last round took, so that a growing block costs a ninth of a core at most
const SHORTEST_PAUSE = 200; // ms; each round also costs the page a frame
const LONGEST = 300_000; // characters; more stays plain
const PORTION = 40; // lines coloured between two looks at the clock

const open = new Map();
let worker;
let broken = false;
let last = 0;

function start() {
  try {
    worker = new Worker(new URL("./highlight-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => open.get(data.id)?.answer(data));
    worker.addEventListener("error", giveUp);
  } catch {
    giveUp();
  }
}

/** Without a worker code stays readable, only plain. */
function giveUp() {
  broken = true;
  for (const highlighting of open.values()) highlighting.answer({ changes: [], over: true, took: 0 });
}

export class Highlighting {
  #id = ++last;
  #language;
  #paint;
  #fresh = [];
  #length = 0;
  #over = false;
  #saidOver = false;
  #asked = null;
  #timer = null;

  /** `paint(line, runs)` colours one line; runs are [class, text, class, text, …]. */
  constructor(language, paint) {
    this.#language = language.toLowerCase();
    this.#paint = paint;
  }

  add(lines) {
    for (const line of lines) this.#length += line.length + 1;
    this.#fresh.push(...lines);
    this.#ask();
  }

  /** No line will follow. */
  end() {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#ask();
  }

  #ask() {
    if (this.#asked || this.#timer || broken || this.#length > LONGEST || !this.#length) return;
    if (!worker) start();
    if (broken) return;
    open.set(this.#id, this);
    this.#asked = Promise.withResolvers();
    underWay(this.#asked.promise);
    worker.postMessage({ id: this.#id, language: this.#language, lines: this.#fresh.splice(0), over: this.#over });
    this.#saidOver = this.#over;
  }

  answer({ changes, took }) {
    for (let from = 0; from < changes.length; from += PORTION) {
      const portion = changes.slice(from, from + PORTION);
      later(() => portion.forEach(([line, runs]) => this.#paint(line, runs)));
    }
    this.#asked?.resolve();
    this.#asked = null;
    if (this.#saidOver) open.delete(this.#id);
    else if (this.#over) this.#ask();
    else this.#timer = setTimeout(() => this.#resume(), Math.max(took * PAUSE, SHORTEST_PAUSE));
  }

  #resume() {
    this.#timer = null;
    if (this.#fresh.length) this.#ask();
  }
}
