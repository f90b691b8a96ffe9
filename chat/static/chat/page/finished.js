/** Renders the Markdown of finished messages before they come near the screen, one at a time. */

import { part } from "./parts.js";
import { isRendered, renderInto } from "./sources.js";

const OPEN = ["queued", "streaming"];

const waiting = new Set();
let busy = false;

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) isIntersecting ? waiting.add(target) : waiting.delete(target);
    if (!busy) drain();
  },
  { rootMargin: "2400px 0px" }, // further than what browsers lay out of what they could skip
);

/** Have the finished messages under `root` rendered in time. */
export function renderSoon(root) {
  for (const item of root.querySelectorAll('li[data-role="assistant"]')) {
    if (!OPEN.includes(item.dataset.state) && unrendered(item).length) near.observe(item);
  }
}

/** Texts to render; of those that follow each other the first. */
function unrendered(item) {
  const places = [...item.querySelectorAll('[data-part="markdown"]')];
  return places.filter((place) => !isRendered(place) && !isText(blockOf(place).previousElementSibling));
}

async function drain() {
  busy = true;
  // The last first: a conversation opens at its end.
  for (let item = [...waiting].at(-1); item; item = [...waiting].at(-1)) {
    waiting.delete(item);
    near.unobserve(item);
    for (const place of unrendered(item)) if (place.isConnected) await render(place);
  }
  busy = false;
}

/** Text blocks that follow each other are one text, which citations had cut in pieces. */
async function render(place) {
  const run = [blockOf(place)];
  while (isText(run.at(-1)) && isText(run.at(-1).nextElementSibling)) run.push(run.at(-1).nextElementSibling);
  const pieces = run.map((block) => [part(block, "markdown").textContent, JSON.parse(block.dataset.citations ?? "[]")]);
  await renderInto(place, pieces);
  for (const other of run.slice(1)) other.remove();
  delete run[0].dataset.continued;
}

const blockOf = (place) => place.closest("[data-block]");
const isText = (block) => block?.dataset.kind === "text";
