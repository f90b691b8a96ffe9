/** Where a message is written: it grows, keeps its draft, sends, stops, and edits an earlier question. */

import { announce } from "./announce.js";
import { EMPTY, draftOf, giveBack, holds, keepDraft } from "./drafts.js";
import { byId, part } from "./parts.js";
import { pointsOf } from "./points.js";
import { itemOf } from "./transcript.js";

const SAVE_AFTER = 200; // ms without a keystroke
/** Why nothing can be asked now. */
export const STILL = "Claude is still answering. Wait, or stop it with Esc; your text stays here.";
const ELSEWHERE =
  "The question you are editing is not on the page now. Show the earlier messages or its branch, or cancel editing.";

export class Composer {
  /** The most code points a message may have; the server says. */
  limit = Infinity;
  #conversation = null;
  #draft = EMPTY;
  #kept = EMPTY; // as this tab read or wrote it last
  #running = false;
  #saving = 0;

  /** `listener`: `send({text, model, edited})` and `stop()`. */
  constructor(listener) {
    this.listener = listener;
    document.addEventListener("input", ({ target }) => target.id === "text" && this.#typed());
    document.addEventListener("keydown", (event) => event.target.id === "text" && this.#key(event));
    document.addEventListener("submit", (event) => event.target.id === "composer" && this.#submitted(event));
    addEventListener("pagehide", () => this.save());
    document.addEventListener("visibilitychange", () => document.hidden && this.save());
  }

  /** Show the draft of a conversation (null: of a new one), and before it what was typed while we were loading. */
  open(conversation) {
    this.#conversation = conversation;
    const typed = byId("text").value;
    const draft = (this.#kept = draftOf(conversation));
    this.#show(typed && typed !== draft.text ? { ...draft, text: typed + draft.text } : draft);
    this.note("");
    if (matchMedia("(pointer: fine)").matches) this.focus();
  }

  /** The conversation got its id: what was typed since belongs to it. */
  rename(conversation) {
    if (holds(this.#kept)) keepDraft(this.#conversation, EMPTY);
    this.#kept = EMPTY;
    this.#conversation = conversation;
    this.save();
  }

  /** The conversation is not there any more: what was typed goes before what waits for a new one. */
  moveOut() {
    const texts = [this.#draft.aside, byId("text").value].filter(Boolean);
    keepDraft(this.#conversation, EMPTY);
    byId("text").value = "";
    for (const text of texts) giveBack(null, text);
    this.open(null);
  }

  focus() {
    byId("text").focus({ preventScroll: true });
  }

  get empty() {
    return byId("text").value === "";
  }

  get editing() {
    return this.#draft.editing !== null;
  }

  set running(running) {
    this.#running = running;
    this.#enable();
    const button = byId("send");
    button.dataset.mode = running ? "stop" : "send";
    button.setAttribute("aria-label", running ? "Stop" : "Send");
    button.title = running ? "Stop (Esc)" : "Send (Enter)";
  }

  /** Say something under the box: a refusal, a limit; empty to clear it. */
  note(sentence) {
    byId("composer-note").textContent = sentence;
  }

  /** Put a text back that was not taken, before what was typed since. */
  giveBack(text, editing = null) {
    const typed = byId("text").value;
    this.#show({ ...this.#draft, editing, text: typed ? `${text}\n\n${typed}` : text });
    this.save();
    this.focus();
  }

  /** Put a text in, as if typed. */
  fill(text) {
    this.#show({ ...this.#draft, text });
    this.#typed();
    this.focus();
  }

  /** Change an earlier question; what was typed waits. */
  edit(item) {
    const aside = this.editing ? this.#draft.aside : byId("text").value;
    this.#show({ text: part(item, "text").textContent, editing: item.dataset.message, aside });
    this.save();
    this.focus();
    announce("Editing an earlier question.");
  }

  cancelEdit() {
    if (!this.editing) return;
    this.#show({ ...EMPTY, text: this.#draft.aside });
    this.save();
    this.focus();
  }

  save() {
    clearTimeout(this.#saving);
    this.#draft = { ...this.#draft, text: byId("text").value };
    // Another tab may keep a text for the same conversation: a box that was empty all along takes nothing away.
    if (!holds(this.#draft) && !holds(this.#kept)) return;
    this.#kept = this.#draft;
    keepDraft(this.#conversation, this.#draft);
  }

  send() {
    const text = byId("text").value;
    if (!text.trim()) return;
    if (this.#running) this.note(STILL);
    else if (this.editing && !itemOf(this.#draft.editing)) this.note(ELSEWHERE);
    else if (!this.#tooLong()) this.#hand(text);
  }

  #hand(text) {
    const edited = this.editing ? itemOf(this.#draft.editing) : null;
    this.listener.send({ text, model: byId("model").value, edited });
    this.#show({ ...EMPTY, text: this.#draft.aside });
    this.save();
    this.note("");
  }

  #show(draft) {
    this.#draft = draft;
    document.querySelector("[data-editing]")?.removeAttribute("data-editing");
    if (draft.editing) itemOf(draft.editing)?.setAttribute("data-editing", "");
    byId("editing").hidden = !draft.editing;
    byId("text").value = draft.text;
    this.#grow();
    this.#enable();
  }

  #typed() {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.save(), SAVE_AFTER);
    this.#grow();
    this.#enable();
    if (!this.#tooLong()) this.note("");
  }

  /** Whether the text is over the limit, which is then said. Only a text that may be is counted. */
  #tooLong() {
    const text = byId("text").value;
    const points = text.length > this.limit ? pointsOf(text) : 0;
    if (points <= this.limit) return false;
    const [has, may] = [points, this.limit].map((count) => count.toLocaleString("en"));
    this.note(`Too long: ${has} characters, and ${may} is the limit.`);
    return true;
  }

  #enable() {
    byId("send").disabled = !this.#running && !byId("text").value.trim();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    const box = byId("text");
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  #key(event) {
    // 229: Safari ends a composition before the keydown of its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.send();
  }

  #submitted(event) {
    event.preventDefault();
    if (this.#running) this.listener.stop();
    else this.send();
  }
}
