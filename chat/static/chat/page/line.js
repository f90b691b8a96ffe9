/** The websocket, in a worker: however fast an answer comes, it asks for the page's thread only when that can draw. */

import { attempt, whenResting } from "../render/pace.js";

let worker = null;
let current = null;

/** Like a WebSocket that speaks in frames; of several the last one made is alive. */
export class Line {
  /** `listener`: `frame(frame)` and `closed(code)`. */
  constructor(url, listener) {
    this.listener = listener;
    this.number = (current?.number ?? 0) + 1;
    current = this;
    worker ??= hired();
    worker.postMessage({ open: url, number: this.number });
  }

  send(frame) {
    worker?.postMessage({ send: JSON.stringify(frame) });
  }

  /** Nothing is heard of it any more. */
  close() {
    this.listener = null;
    worker?.postMessage({ close: true });
  }
}

function hired() {
  const one = new Worker(new URL("./line-worker.js", import.meta.url), { type: "module" });
  one.addEventListener("message", ({ data }) => take(data));
  one.addEventListener("error", () => {
    one.terminate();
    worker = null;
    current.listener?.closed(1006);
  });
  return one;
}

function take({ number, frames, closed }) {
  const line = current;
  if (number !== line.number) return;
  for (const frame of frames) attempt(() => line.listener?.frame(frame));
  if (closed) line.listener?.closed(closed);
  else whenResting(more);
}

const more = () => worker?.postMessage({ more: true });
