/** The messages on the page: made from templates, numbered by the server, drawn from turns. */

import { Blocks } from "./blocks.js";
import { renderSoon } from "./finished.js";
import { byId, copyOf, part } from "./parts.js";
import { showFailure, showPhase } from "./states.js";

/** What is on the page of each turn: `{item, blocks, phase}`. Looking it up anew would cost more than a piece of text. */
const shown = new WeakMap();

const place = () => byId("transcript");

/** The message with this id, if it is on the page. */
export const itemOf = (id) => byId(`m-${id}`);

/** All messages on the page, oldest first. */
export const items = () => [...place().querySelectorAll("li[data-message]")];

/** Both messages of a command on its way. */
export const itemsOf = (key) => [...place().querySelectorAll(`li[data-key="${key}"]`)];

export const openItems = () => items().filter((item) => ["queued", "streaming"].includes(item.dataset.state));

/** Add a question; `name` is `{id}` or, while the server has not numbered it, `{key}`. */
export function addQuestion(name, { conversation, parent, text }) {
  const item = add("question", name, { conversation, parent });
  part(item, "text").textContent = text;
  return item;
}

/** Add an answer that has no text yet. */
export function addAnswer(name, { conversation, parent, model }) {
  const item = add("answer", name, { conversation, parent });
  item.dataset.model = model ?? "";
  showPhase(item, name.key ? "sending" : "waiting");
  return item;
}

/** Give the messages of a command their ids. */
export function number(key, { conversation, message, turn }) {
  for (const item of itemsOf(key)) {
    const answer = item.dataset.role === "assistant";
    delete item.dataset.key;
    name(item, { id: answer ? turn : message });
    item.dataset.conversation = conversation;
    if (answer) item.dataset.parent = message;
  }
}

/** Whether the page ends before the branch does: it shows earlier messages. */
export const endsEarly = () => place().querySelector('[data-action="later"]') !== null;

/** The raw text of a question. */
export const textOf = (item) => part(item, "text").textContent;

/** Take messages away. A transcript without any is empty to the last blank: that is how the stylesheet knows it. */
export function remove(gone) {
  for (const item of gone) item.remove();
  if (place().childElementCount === 0) place().replaceChildren();
}

/** Take away `item` and all that follows it; the result puts it back. */
export function cutFrom(item) {
  const all = [...place().children];
  const gone = item ? all.slice(all.indexOf(item)) : [];
  remove(gone);
  return () => place().append(...gone);
}

/** Show another transcript in place of this one. */
export function replaceAll(content) {
  place().replaceChildren(content);
  renderSoon(place());
}

/** Put earlier messages before those on the page. */
export function prepend(content) {
  place().querySelector('[data-action="earlier"]')?.closest("li").remove();
  place().prepend(content);
  renderSoon(place());
}

/** Bring a turn's item up to date. Its texts gather what they are given and draw once per animation frame. */
export function draw(turn) {
  const here = shown.get(turn) ?? { item: itemOf(turn.id), blocks: null, phase: "" };
  if (!here.item) return;
  shown.set(turn, here);
  if (turn.blocks.length || turn.ended) {
    here.blocks ??= new Blocks(part(here.item, "blocks"));
    here.blocks.draw(turn.blocks, !turn.open);
  }
  if (here.phase !== turn.phase || turn.status) showPhase(here.item, turn.phase, turn.status);
  here.phase = turn.phase;
  if (turn.ended?.error) showFailure(here.item, turn.ended.error);
}

/** Take a whole message as the server has it. */
export function takeItem(content, id) {
  const fresh = content.querySelector(`li[data-message="${id}"]`);
  if (!fresh) return;
  itemOf(id)?.replaceWith(fresh);
  renderSoon(place());
}

/** Take from the server's own rendering what only it knows: costs, times and the numbers of branches. */
export function takeFigures(content) {
  for (const fresh of content.querySelectorAll("li[data-message]")) {
    const item = itemOf(fresh.dataset.message);
    if (!item) continue;
    for (const name of ["status", "meta", "branches"]) part(item, name)?.replaceWith(part(fresh, name));
  }
}

function add(template, label, { conversation, parent }) {
  const item = copyOf(template);
  name(item, label);
  item.dataset.conversation = conversation ?? "";
  item.dataset.parent = parent ?? "";
  place().append(item);
  return item;
}

function name(item, { id, key }) {
  item.dataset.message = id ?? "";
  if (id) item.id = `m-${id}`;
  if (key) item.dataset.key = key;
}
