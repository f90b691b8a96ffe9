/** Which Markdown a place on the page shows: what a reader copies is the source, not what became of it. */

import { AnswerView } from "../render/answer.js";

const views = new WeakMap();

/** A view that renders into `place`. */
export function viewIn(place) {
  const view = new AnswerView(place);
  views.set(place, view);
  place.dataset.rendered = "";
  return view;
}

/** The Markdown of a place, rendered or not. */
export const sourceOf = (place) => views.get(place)?.text ?? place.textContent;

export const isRendered = (place) => views.has(place);
