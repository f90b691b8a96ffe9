/** Renders the Markdown of finished messages when they come near the screen, in slices that block nothing. */

import { AnswerView } from "../render/answer.js";

const SLICE = 2_000; // characters rendered before others may run
const OPEN = '[data-state="queued"], [data-state="streaming"]';

const sources = new WeakMap();
const waiting = new Set();
let busy = false;

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? waiting.add(target) : waiting.delete(target);
    if (!busy) drain();
  },
  { rootMargin: "1200px 0px" },
);

/** Have the finished messages under `root` rendered in time. */
export function renderSoon(root) {
  for (const place of root.querySelectorAll('[data-role="assistant"] [data-part="markdown"]')) {
    if (!place.closest(OPEN) && !sources.has(place)) near.observe(place);
  }
}

/** The Markdown that a place was rendered from, or `undefined` where it was not rendered here. */
export const sourceOf = (place) => sources.get(place);

async function drain() {
  busy = true;
  // The last first: a conversation opens at its end.
  for (let place = [...waiting].at(-1); place; place = [...waiting].at(-1)) {
    waiting.delete(place);
    near.unobserve(place);
    if (place.isConnected) await render(place);
  }
  busy = false;
}

async function render(place) {
  const fresh = place.cloneNode(false);
  const source = place.textContent;
  const holder = place.closest("[data-citations]");
  const view = new AnswerView(fresh, { citations: JSON.parse(holder?.dataset.citations ?? "[]") });
  for (let start = 0; start < source.length; start += SLICE) {
    view.append(source.slice(start, start + SLICE));
    await breath();
  }
  view.end();
  sources.set(fresh, source);
  if (place.isConnected) place.replaceWith(fresh);
}

/** Let whatever else waits run first. */
function breath() {
  if (globalThis.scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => setTimeout(resolve));
}
