/** Says that the connection is gone: after a second, since most losses are shorter, and goes without a trace. */

import { announce } from "./announce.js";
import { byId } from "./parts.js";

const PATIENCE = 1_000; // ms
const TRIES = 3; // losses in a row until we ask what is wrong
const WAITING = "Reconnecting";

let timer = 0;
let losses = 0;

export function lost() {
  losses += 1;
  timer ||= setTimeout(() => show(WAITING), PATIENCE);
  if (losses >= TRIES) explain();
}

/** The connection is there; true if it had been lost. */
export function found() {
  const back = losses > 0;
  losses = 0;
  clearTimeout(timer);
  timer = 0;
  byId("connection").hidden = true;
  return back;
}

/** Say why there will be no connection. */
export function show(words) {
  const note = byId("connection");
  if (!note.hidden && note.textContent === words) return;
  note.textContent = words;
  note.hidden = false;
  announce(words);
}

async function explain() {
  const words = await problems();
  if (losses === 0) return;
  clearTimeout(timer);
  show(words || WAITING);
}

/** What the server says is wrong with it, in sentences; empty where that is nothing, or it does not answer at all. */
async function problems() {
  try {
    const { checks } = await (await fetch("/readyz")).json();
    return Object.values(checks).filter((each) => each !== "ok").join(" ");
  } catch {
    return "";
  }
}
