/** What the small buttons under messages and in the list do. */

import { copy } from "../render/clipboard.js";
import { announce } from "./announce.js";
import { fragment } from "./http.js";
import { sourceOf } from "./sources.js";
import * as transcript from "./transcript.js";

const SHOWN = 1500; // ms that a button says it has copied

/** The raw text of a message, of an answer its Markdown; an empty line where a tool stood between two texts. */
export function rawTextOf(item) {
  let text = "";
  for (const place of item.querySelectorAll('[data-kind="text"] > [data-part]')) {
    const before = place.parentElement.previousElementSibling;
    const source = sourceOf(place);
    text += (text && source && before && before.dataset.kind !== "text" ? "\n\n" : "") + source;
  }
  return text;
}

/** Copy a message and say so on its button. */
export async function copyMessage(button) {
  if (!(await copy(rawTextOf(button.closest("li"))))) {
    announce("Copying is not allowed here.");
    return;
  }
  button.dataset.done = "";
  announce("Copied.");
  setTimeout(() => delete button.dataset.done, SHOWN);
}

/** Put the page of messages that a link leads to before those that are here. */
export async function showEarlier(link, follower) {
  const url = new URL(link.href);
  const { content } = await fragment(`${url.pathname}transcript/${url.search}`);
  const first = transcript.items()[0];
  follower.keeping(first, () => transcript.prepend(content));
}

/** The id of the branch that a link chooses. */
export const leafOf = (link) => new URL(link.href).searchParams.get("leaf");
