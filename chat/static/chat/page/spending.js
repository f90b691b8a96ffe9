/** What the person has spent, in the menu, and the warning where a budget nears its end: both are the server's to say. */

import { announce } from "./announce.js";
import { fragment } from "./http.js";
import { byId, part } from "./parts.js";

const YEAR = 365 * 24 * 3600;

let reading = new AbortController();

/** Whether the menu tells less than was spent. */
let old = false;

/** The shares to warn at that were passed when we last heard. */
let passed = "[]";

document.addEventListener("beforetoggle", ({ target, newState }) => {
  if (old && target.id === "person" && newState === "open") refresh();
}, true);

/** Something was spent. It is read at once where it shows, or is to be warned of; in the closed menu when that opens. */
export function hear({ budgets }) {
  const before = passed;
  const warned = budgets.filter((each) => each.passed);
  passed = JSON.stringify(warned.map((each) => [each.of, each.name, each.renews, each.passed]));
  old = true;
  if (passed !== before || !byId("budget").hidden || byId("person").matches(":popover-open")) refresh();
}

/** Read it again; what cannot be read, when there is news the next time. */
export async function refresh() {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  old = false;
  const found = await fragment("/spending/", signal).catch(() => null);
  if (signal.aborted) return;
  if (!found) {
    old = true;
    passed = "";
    return;
  }
  const told = byId("budget").dataset.key;
  for (const element of [...found.content.children]) byId(element.id)?.replaceWith(element);
  const { dataset, hidden } = byId("budget");
  if (!hidden && dataset.key !== told) announce(part(byId("budget"), "warning").textContent);
}

/** Not again before the next share is passed; the server hears of it by the cookie. */
export function dismiss() {
  const notice = byId("budget");
  document.cookie = `budget=${notice.dataset.key}; path=/; max-age=${YEAR}; samesite=lax`;
  notice.hidden = true;
}
