/** The answers that are being made in the conversation on show, from frames to the page. */

import { announce, announceEnd } from "./announce.js";
import { renderSoon } from "./finished.js";
import { fragment } from "./http.js";
import { byId } from "./parts.js";
import { Lost } from "./socket.js";
import * as transcript from "./transcript.js";
import { Turns } from "./turns.js";
import { addressOf, conversation, leaf, setLeaf } from "./where.js";

const { itemOf } = transcript;
const AGAIN_MS = 1000; // after the server could not look into its database

export class Live {
  #turns = new Turns();
  #watch = 0;
  #head;
  /** Ids of turns that ended and whose costs we could not read yet. */
  #owed = new Set();

  /**
   * `listener`: `changed()` when an answer begins or ends, `shown()` when another transcript is on the page, `gone()`
   * when the conversation is not there any more, `note(sentence)`.
   */
  constructor(socket, listener) {
    this.socket = socket;
    this.listener = listener;
  }

  /** The turn that is being made on this page, or undefined. */
  get running() {
    return this.#turns.open.find((turn) => turn.shown);
  }

  /** A transcript is on the page that we know nothing of yet. */
  open() {
    this.#turns.forget();
    this.#owed.clear();
    this.#head = undefined;
    this.#found();
    this.watch();
  }

  /** The page turns to another conversation. */
  leave() {
    this.#turns.forget();
    this.#watch += 1;
    if (conversation()) this.socket.tell({ type: "unwatch", conversation: conversation() });
  }

  /** Ask for all that is missing, and to be told from now on. */
  async watch() {
    const watched = conversation();
    if (!watched) return;
    const turns = this.#turns.open.filter((turn) => turn.shown);
    for (const turn of turns) Object.assign(turn, { deaf: true, gap: false });
    const ticket = ++this.#watch;
    const cursors = Object.fromEntries(turns.map((turn) => [turn.id, turn.cursor]));
    const reply = await this.request({ type: "watch", conversation: watched, cursors });
    if (reply === null || ticket !== this.#watch) return;
    for (const turn of turns) turn.deaf = false;
    if (reply.type === "watching") await this.#caughtUp(reply);
    else if (reply.code === "not_found") this.listener.gone();
    else if (reply.code === "unavailable") setTimeout(() => ticket === this.#watch && this.watch(), AGAIN_MS);
  }

  /** The answer to a command, or null where the connection was lost: then `watch` comes again. */
  async request(command) {
    try {
      return await this.socket.request(command);
    } catch (error) {
      if (error instanceof Lost) return null;
      throw error;
    }
  }

  /** A turn of ours begins; its item is on the page. */
  begin(id) {
    this.#head = id;
    setLeaf(id);
    const turn = this.#show(id);
    if (turn.gap) this.watch();
    transcript.draw(turn);
    announce("Claude is answering.");
    this.listener.changed();
  }

  /** A `turn` frame: an answer begins in some tab of this person. */
  announced(frame) {
    if (frame.conversation !== conversation()) return;
    const known = this.#head;
    this.#head = frame.turn;
    if (itemOf(frame.turn)) return;
    const { message, parent, text, turn, model } = frame;
    if (frame.regenerated && itemOf(message)) {
      transcript.cutFrom(itemOf(message).nextElementSibling);
    } else if (!frame.regenerated && parent === leaf() && !transcript.endsEarly()) {
      transcript.addQuestion({ id: message }, { conversation: frame.conversation, parent, text });
    } else {
      this.#turnTo(turn, known);
      return;
    }
    transcript.addAnswer({ id: turn }, { conversation: frame.conversation, parent: message, model });
    this.begin(turn);
  }

  /** A `block`, `delta`, `status` or `ended` frame. */
  progress(frame) {
    const turn = this.#turns.ensure(frame.turn);
    if (turn.ended) return;
    turn.take(frame);
    if (!turn.shown) return;
    if (turn.gap) this.watch();
    transcript.draw(turn);
    if (turn.ended) this.#ended(turn);
  }

  /** Read the branch through `id` from the server and show it; true if that went well. */
  async reread(id) {
    const { content, leaf: shown } = await this.#read(`leaf=${id}`);
    if (!content) return false;
    if (shown) setLeaf(shown);
    this.#turns.forget();
    transcript.replaceAll(content);
    this.#found();
    this.listener.shown();
    this.watch();
    return true;
  }

  /** Stop a turn, on this page or not. */
  async stop(id) {
    const turn = this.#turns.ensure(id);
    turn.stopping = true;
    transcript.draw(turn);
    const reply = await this.request({ type: "stop", turn: id });
    if (reply?.type !== "refused" || reply.code === "ended") return;
    turn.stopping = false;
    transcript.draw(turn);
    this.listener.note(reply.message);
  }

  #show(id) {
    return Object.assign(this.#turns.ensure(id), { shown: true });
  }

  #found() {
    for (const item of transcript.openItems()) this.#show(item.dataset.message);
    renderSoon(byId("transcript"));
    this.listener.changed();
  }

  async #caughtUp({ head, turns }) {
    for (const turn of this.#turns.open) if (turn.stopping && turns.includes(turn.id)) this.stop(turn.id);
    for (const id of this.#owed) this.#figures(id);
    const known = this.#head;
    this.#head = head;
    const chosen = known === undefined && location.search !== "";
    if (head !== null && head !== known && !itemOf(head) && !chosen) await this.#turnTo(head, known);
  }

  /** Show the branch of the newest message; where it cannot be read, the next watch finds that we know an older one. */
  async #turnTo(head, known) {
    if (!(await this.reread(head)) && this.#head === head) this.#head = known;
  }

  #ended(turn) {
    announceEnd(turn.ended);
    this.listener.changed();
    this.#owed.add(turn.id);
    this.#figures(turn.id);
  }

  /** Costs, times and branches are the server's to say; of an interrupted answer also how much of it was kept. */
  async #figures(id) {
    const { content } = await this.#read(`turn=${id}`);
    if (!content) return;
    this.#owed.delete(id);
    if (this.#turns.get(id)?.ended.state === "interrupted") {
      transcript.takeItem(content, id);
    } else {
      transcript.takeFigures(content);
    }
  }

  /** A branch or a turn; without content where it could not be read or the page shows something else by now. */
  async #read(what) {
    const read = conversation();
    try {
      const found = await fragment(`${addressOf(read)}transcript/?${what}`);
      return read === conversation() ? found : {};
    } catch (error) {
      if (error.status === 404 && read === conversation()) this.listener.gone();
      return {};
    }
  }
}
