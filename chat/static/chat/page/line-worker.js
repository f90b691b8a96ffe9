/** Worker: holds the websocket. Text that is not wanted yet piles up here, joined; any other frame goes out at once. */

import { pointsOf } from "./points.js";

let ws = null;
let number = 0;
let wanted = true;
let held = [];

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
  ws = new WebSocket(data.open);
  ws.onmessage = (event) => hear(JSON.parse(event.data));
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

function hear(frame) {
  const before = held.at(-1);
  if (goesOn(before, frame)) before.text += frame.text;
  else held.push(frame);
  if (wanted || frame.type !== "delta") hand();
}

/** Whether a piece of text begins where the one before it ends. */
function goesOn(before, frame) {
  if (before?.type !== "delta" || frame.type !== "delta") return false;
  const same = before.turn === frame.turn && before.index === frame.index;
  return same && before.offset + pointsOf(before.text) === frame.offset;
}

function hand(end = {}) {
  wanted = false;
  postMessage({ number, frames: held, ...end });
  held = [];
}
