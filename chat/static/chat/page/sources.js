/** Which Markdown a place on the page shows: what a reader copies is the source, not what became of it. */

import { AnswerView } from "../render/answer.js";
import { made } from "./parts.js";

const views = new WeakMap();

/** A view that renders into `place` what it is given. */
export function viewIn(place) {
  const view = new AnswerView(place);
  views.set(place, view);
  return view;
}

/** Render a text that is whole, `pieces` of `[text, citations]`, and then show it in `place`. */
export async function renderInto(place, pieces) {
  const sheet = made("div");
  const view = new AnswerView(sheet);
  views.set(place, view);
  for (const [text, citations] of pieces) {
    view.append(text);
    view.cite(citations);
  }
  await view.end();
  place.replaceChildren(...sheet.childNodes);
  place.classList.add("markdown");
  Object.assign(place.dataset, { rendered: "", whole: "" });
}

/** The Markdown of a place, rendered or not. */
export const sourceOf = (place) => views.get(place)?.text ?? place.textContent;

export const isRendered = (place) => views.has(place);
