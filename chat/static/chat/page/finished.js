/** Renders the Markdown of finished messages when they come near the screen, one at a time. */

import { part } from "./parts.js";
import { isRendered, viewIn } from "./sources.js";

const OPEN = '[data-state="queued"], [data-state="streaming"]';

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
    const follows = textBlock(place.closest("[data-block]").previousElementSibling);
    if (!follows && !isRendered(place) && !place.closest(OPEN)) near.observe(place);
  }
}

async function drain() {
  busy = true;
  // The last first: a conversation opens at its end.
  for (let place = [...waiting].at(-1); place; place = [...waiting].at(-1)) {
    waiting.delete(place);
    near.unobserve(place);
    if (place.isConnected) render(place);
    await new Promise((resolve) => setTimeout(resolve));
  }
  busy = false;
}

/** Text blocks that follow each other are one text, which citations had cut in pieces. */
function render(place) {
  const run = [place.closest("[data-block]")];
  while (textBlock(run.at(-1)) && textBlock(run.at(-1).nextElementSibling)) run.push(run.at(-1).nextElementSibling);
  const pieces = run.map((block) => [part(block, "markdown").textContent, block.dataset.citations]);
  for (const other of run.slice(1)) other.remove();
  delete run[0].dataset.continued;
  const view = viewIn(place);
  for (const [text, citations] of pieces) {
    view.append(text);
    view.cite(JSON.parse(citations ?? "[]"));
  }
  view.end();
}

const textBlock = (element) => element?.dataset.kind === "text";
