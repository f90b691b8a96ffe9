/**
 * Worker: holds the websocket, and tells the server what has come. Text that is not wanted yet piles up here, joined; any
 * other frame goes out at once.
 */

import { pointsOf } from "./points.js";

let ws = null;
let number = 0;
let wanted = true;
let held = [];
let reached = -1; // where the last piece of text ends, in code points
let frames = 0;
let unsaid = 0; // characters that have come since we last said so
let enough = Infinity;

addEventListener("message", ({ data }) => {
  if (data.open) open(data);
  else if (data.send && ws?.readyState === WebSocket.OPEN) ws.send(data.send);
  else if (data.close) close();
  else if (data.more) more();
});

function open(data) {
  close();
  number = data.number;
  wanted = true;
  frames = unsaid = 0;
  ws = new WebSocket(data.open);
  ws.onmessage = (event) => {
    hear(JSON.parse(event.data));
    acknowledge(event.data.length);
  };
  ws.onclose = (event) => hand({ closed: event.code });
}

function close() {
  held = [];
  if (ws === null) return;
  ws.onmessage = ws.onclose = null;
  ws.close();
  ws = null;
}

function more() {
  wanted = true;
  if (held.length) hand();
}

/** A slow reader is sent no more than the server may have unacknowledged, and later all of the rest at once. */
function acknowledge(length) {
  frames += 1;
  unsaid += length;
  if (unsaid < enough) return;
  unsaid = 0;
  ws?.send(JSON.stringify({ type: "ack", frames }));
}

function hear(frame) {
  if (frame.type === "hello") enough = frame.limits.unacknowledged / 4;
  const before = held.at(-1);
  if (goesOn(before, frame)) before.text += frame.text;
  else held.push(frame);
  reached = frame.type === "delta" ? frame.offset + pointsOf(frame.text) : -1;
  if (wanted || frame.type !== "delta") hand();
}

/** Whether a piece of text begins where the one before it ends. */
function goesOn(before, frame) {
  if (before?.type !== "delta" || frame.type !== "delta") return false;
  const same = before.turn === frame.turn && before.index === frame.index;
  return same && reached === frame.offset;
}

function hand(end = {}) {
  wanted = false;
  postMessage({ number, frames: held, ...end });
  held = [];
}
