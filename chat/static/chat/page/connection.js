/** Says that the connection is gone: after a second, since most losses are shorter, and goes without a trace. */

import { announce } from "./announce.js";
import { byId } from "./parts.js";

const PATIENCE = 1_000; // ms

let timer = 0;
let missing = false;

export function lost() {
  missing = true;
  timer ||= setTimeout(() => show("Reconnecting"), PATIENCE);
}

/** The connection is there; true if it had been lost. */
export function found() {
  const back = missing;
  missing = false;
  clearTimeout(timer);
  timer = 0;
  byId("connection").hidden = true;
  return back;
}

/** Say why there will be no connection. */
export function show(words) {
  const note = byId("connection");
  note.textContent = words;
  note.hidden = false;
  announce(words);
}
