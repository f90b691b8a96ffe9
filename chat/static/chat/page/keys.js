/** The keyboard: one table of what each key does, in the order in which they are asked. */

import { byId } from "./parts.js";

const typing = ({ target }) => target.closest("input, textarea, select, [contenteditable]") !== null;
const command = (event) => event.ctrlKey || event.metaKey;
const plain = (event) => !command(event) && !event.altKey && !typing(event);
const busyElsewhere = () => document.querySelector("dialog[open], [popover]:popover-open") !== null;

/** `act`: `focus`, `search`, `create`, `escape` and `editLast`; the last two say whether they did anything. */
export function listen(act) {
  const keys = [
    [(event) => command(event) && !event.shiftKey && event.key.toLowerCase() === "k", () => act.search()],
    [(event) => command(event) && event.shiftKey && event.key.toLowerCase() === "o", () => act.create()],
    [(event) => event.key === "/" && plain(event) && !busyElsewhere(), () => act.focus()],
    [(event) => event.key === "?" && plain(event) && !busyElsewhere(), () => byId("keys").showModal()],
    [(event) => event.key === "Escape" && event.target.type !== "search" && !busyElsewhere(), () => act.escape()],
    [(event) => event.key === "ArrowUp" && event.target.id === "text", () => act.editLast()],
  ];
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const [, found] = keys.find(([matches]) => matches(event)) ?? [];
    if (found && found() !== false) event.preventDefault();
  });
}
