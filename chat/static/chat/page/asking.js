/** What a person asks of Claude: shown at once, sent until the server took it, taken back if it refused. */

import { announce } from "./announce.js";
import { giveBack, uuid } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { byId } from "./parts.js";
import { showPhase } from "./states.js";
import { STILL } from "./composer.js";
import * as transcript from "./transcript.js";
import { addressOf, conversation, leaf, setConversation } from "./where.js";

const { itemOf, itemsOf } = transcript;

export class Asking {
  #early = [];
  #restore = new Map();

  /** `listener`: `changed()`, `asked()` when a question is shown, `created(id)` when a new chat has its id. */
  constructor(socket, live, composer, listener) {
    Object.assign(this, { socket, live, composer, listener });
    this.outbox = new Outbox(socket, (entry, reply, again) => this.#settled(entry, reply, again));
  }

  /** What is on its way from this page, or undefined. */
  get pending() {
    return this.outbox.entries.find((entry) => itemsOf(entry.key).length > 0);
  }

  send({ text, model, edited }) {
    const parent = edited ? edited.dataset.parent || null : leaf();
    const key = uuid();
    if (edited) this.#cut(key, edited);
    const command = { type: "send", key, conversation: conversation(), parent, text, ...(model && { model }) };
    const entry = { key, conversation: conversation(), editing: edited?.dataset.message ?? null, command, sent: false };
    this.outbox.put(entry);
    if (transcript.endsEarly()) this.live.reread(parent);
    else this.#show(entry);
    this.listener.changed();
  }

  /** Have an answer made again, as another branch. */
  again(item, model) {
    if (this.pending || this.live.running) {
      this.composer.note(STILL);
      return;
    }
    const key = uuid();
    this.#cut(key, item);
    const command = { type: "regenerate", key, message: item.dataset.message, ...(model && { model }) };
    const entry = { key, conversation: conversation(), editing: null, command, sent: false };
    transcript.addAnswer({ key }, { conversation: conversation(), parent: item.dataset.parent, model });
    this.outbox.put(entry);
    this.listener.changed();
  }

  stop() {
    const entry = this.pending;
    if (!entry) {
      if (this.live.running) this.live.stop(this.live.running.id);
    } else if (this.outbox.withdraw(entry.key)) {
      this.#takeBack(entry);
    } else {
      entry.stop = true;
      this.outbox.save(entry);
      showPhase(itemsOf(entry.key).at(-1), "stopping");
    }
  }

  /** A `turn` frame: while something of ours is on its way, it may be about that. */
  announced(frame) {
    if (this.pending) this.#early.push(frame);
    else this.live.announced(frame);
  }

  /** Show again what is on its way, on a page that came from the server. */
  showPending() {
    this.#restore.clear(); // what was cut is on the new page, or belongs to another
    for (const entry of this.outbox.entries) {
      const here = entry.conversation === conversation() && entry.command.type === "send";
      const taken = transcript.items().some((item) => this.#isOf(entry, item));
      const edited = entry.editing && itemOf(entry.editing);
      if (!here || taken || itemsOf(entry.key).length > 0 || (entry.editing && !edited)) continue;
      if (edited) this.#cut(entry.key, edited);
      this.#show(entry);
    }
    this.listener.changed();
  }

  /** Take a message and what follows it off the page, until its other branch is refused. */
  #cut(key, item) {
    this.#restore.set(key, transcript.cutFrom(item));
  }

  #isOf({ command }, item) {
    const same = item.dataset.role === "user" && item.dataset.parent === (command.parent ?? "");
    return same && transcript.textOf(item) === command.text;
  }

  #show({ key, command, stop }) {
    const { parent, text, model } = command;
    transcript.addQuestion({ key }, { conversation: conversation(), parent, text });
    const answer = transcript.addAnswer({ key }, { conversation: conversation(), parent: null, model });
    if (stop) showPhase(answer, "stopping");
    this.listener.asked();
  }

  #settled(entry, reply, again) {
    if (reply.type === "accepted") this.#accepted(entry, reply, again);
    else this.#refused(entry, reply);
    this.#restore.delete(entry.key);
    for (const frame of this.#early.splice(0)) this.announced(frame);
    this.listener.changed();
  }

  #accepted(entry, reply, again) {
    const mine = itemsOf(entry.key);
    if (itemOf(reply.turn)) transcript.remove(mine);
    else if (mine.length > 0) this.#begin(entry, reply, again);
    else if (reply.conversation !== conversation()) {
      this.socket.tell({ type: "unwatch", conversation: reply.conversation });
    }
    if (entry.stop) this.live.stop(reply.turn);
  }

  #begin(entry, reply, again) {
    transcript.number(entry.key, reply);
    if (entry.conversation === null) this.#created(reply.conversation);
    history.replaceState(history.state, "", addressOf(reply.conversation));
    this.live.begin(reply.turn);
    // The turn of a command that was sent twice may be over: only a cursor brings all of it.
    if (again) this.live.watch();
  }

  #created(id) {
    setConversation(id);
    this.composer.rename(id);
    this.listener.created(id);
  }

  #refused(entry, { code, message }) {
    announce(`Not sent. ${message}`);
    // Nobody looks for the draft of a chat that was deleted.
    const left = code === "not_found" ? { ...entry, conversation: null, editing: null } : entry;
    if (itemsOf(entry.key).length > 0 || left.conversation === conversation()) {
      this.#takeBack(left);
      this.composer.note(message);
    } else if (entry.command.text) {
      giveBack(left.conversation, entry.command.text);
    }
  }

  #takeBack({ key, command, editing }) {
    transcript.remove(itemsOf(key));
    this.#restore.get(key)?.();
    if (command.text) this.composer.giveBack(command.text, editing);
    this.listener.changed();
    byId("text").focus({ preventScroll: true });
  }
}
