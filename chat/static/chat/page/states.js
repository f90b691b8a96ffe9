/** The words for how far an answer is, and for how it failed. */

import { part } from "./parts.js";

const WORDS = {
  sending: "Sending",
  queued: "Waiting for Claude",
  waiting: "Waiting for Claude",
  thinking: "Thinking",
  working: "Using a tool",
  writing: "Writing",
  stopping: "Stopping",
  stopped: "Stopped",
};
const OPEN = new Set(["sending", "queued", "waiting", "retrying", "thinking", "working", "writing", "stopping"]);

/** Show on `item` how far its turn is; `phase` is `Turn.phase` or `sending`, `status` the last status frame. */
export function showPhase(item, phase, status = null) {
  if (item.dataset.phase === phase && phase !== "retrying") return;
  item.dataset.state = stateOf(phase);
  item.dataset.phase = phase;
  const words = phase === "retrying" ? retrying(status) : (WORDS[phase] ?? "");
  const line = part(item, "status");
  if (line.textContent !== words) line.textContent = words;
}

/** Show what went wrong, with the sentence for people first and the codes behind a fold. */
export function showFailure(item, error) {
  const box = part(item, "failure");
  part(box, "sentence").textContent = error.message;
  part(box, "code").textContent = error.code;
  part(box, "request").textContent = error.request_id || "none";
  part(box, "detail").textContent = error.detail || "none";
  box.hidden = false;
}

const stateOf = (phase) => {
  if (!OPEN.has(phase)) return phase;
  return ["sending", "queued", "waiting", "retrying"].includes(phase) ? "queued" : "streaming";
};

function retrying({ message, attempt, retry_in: seconds }) {
  const soon = seconds >= 1 ? ` in ${Math.round(seconds)} s` : "";
  return `${message ?? "Claude did not answer."} Trying again${soon} (attempt ${attempt + 1}).`;
}
