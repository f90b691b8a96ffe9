/** Turns as the socket tells them: blocks that grow, cursors into them, and the gaps that a loss leaves. */

import { pointsOf } from "./points.js";

class Block {
  data = {};
  done = false;
  points = 0;
  #fresh = "";

  constructor(index, kind) {
    this.index = index;
    this.kind = kind;
  }

  grow(text) {
    this.points += pointsOf(text);
    this.#fresh += text;
  }

  /** The text that was not taken yet. */
  take() {
    const text = this.#fresh;
    this.#fresh = "";
    return text;
  }
}

export class Turn {
  blocks = [];
  /** The last `status` frame, until a block comes. */
  status = null;
  /** The `ended` frame. */
  ended = null;
  /** A frame did not fit: something was lost on the way. */
  gap = false;
  /** What comes now belongs to an earlier watch. */
  deaf = false;
  stopping = false;
  /** It has an item on the page. */
  shown = false;

  constructor(id) {
    this.id = id;
  }

  get cursor() {
    const last = this.blocks.at(-1);
    return last ? { block: last.index, offset: last.points } : { block: 0, offset: 0 };
  }

  get open() {
    return this.ended === null;
  }

  /** What the reader is to be told: `waiting`, `retrying`, `thinking`, `writing`, or how it ended. */
  get phase() {
    if (this.ended) return this.ended.state;
    if (this.stopping) return "stopping";
    if (this.status) return this.status.state;
    const last = this.blocks.at(-1);
    if (!last) return "waiting";
    if (last.kind.includes("thinking")) return "thinking";
    return last.kind === "text" ? "writing" : "working";
  }

  take(frame) {
    if (this.deaf || this.gap || this.ended) return;
    if (frame.type === "status") this.status = frame;
    else if (frame.type === "ended") this.ended = frame;
    else if (frame.type === "block") this.#block(frame);
    else if (frame.type === "delta") this.#delta(frame);
  }

  #block({ index, kind, data, done }) {
    if (index > this.blocks.length) {
      this.gap = true;
      return;
    }
    this.status = null;
    this.blocks[index] ??= new Block(index, kind);
    Object.assign(this.blocks[index], { data, done });
  }

  #delta({ index, offset, text }) {
    const block = this.blocks[index];
    if (block?.points === offset) block.grow(text);
    else this.gap = true;
  }
}

/** The turns of the conversation on show; frames for one that is not announced yet are kept for it. */
export class Turns {
  #turns = new Map();

  get(id) {
    return this.#turns.get(id);
  }

  /** The turn with this id, made if need be. */
  ensure(id) {
    if (!this.#turns.has(id)) this.#turns.set(id, new Turn(id));
    return this.#turns.get(id);
  }

  get open() {
    return [...this.#turns.values()].filter((turn) => turn.open);
  }

  forget() {
    this.#turns.clear();
  }
}
