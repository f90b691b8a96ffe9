/** Messages on their way: sent again under the same key after every loss, until the server took or refused them. */

import { keep, keptUnder } from "./drafts.js";
import { Lost } from "./socket.js";

export class Outbox {
  #entries = new Map();
  #onTheWay = new Set();

  /** `settled(entry, reply)` is called with the `accepted` or `refused` frame of each entry. */
  constructor(socket, settled) {
    this.socket = socket;
    this.settled = settled;
    for (const entry of keptUnder("outbox.")) this.#entries.set(entry.key, { ...entry, sent: true });
  }

  /** Entries in the order in which they were put in. */
  get entries() {
    return [...this.#entries.values()];
  }

  /**
   * Put in `{key, conversation, command, text, sent, stop}`; `command` is the frame to send, `sent` whether it ever was,
   * `stop` that its turn is not wanted any more.
   */
  put(entry) {
    this.#entries.set(entry.key, entry);
    this.save(entry);
    this.flush();
  }

  /** What became of an entry survives a reload. */
  save(entry) {
    keep(`outbox.${entry.key}`, entry);
  }

  /** Take back what was never sent: true if that was in time. */
  withdraw(key) {
    const entry = this.#entries.get(key);
    if (!entry || entry.sent) return false;
    this.#remove(key);
    return true;
  }

  /** Send all that no answer came to; called when the socket is up. */
  flush() {
    if (!this.socket.up) return;
    for (const entry of this.#entries.values()) if (!this.#onTheWay.has(entry.key)) this.#send(entry);
  }

  async #send(entry) {
    this.#onTheWay.add(entry.key);
    const again = entry.sent;
    entry.sent = true;
    try {
      const reply = await this.socket.request(entry.command);
      this.#remove(entry.key);
      this.settled(entry, reply, again);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
    } finally {
      this.#onTheWay.delete(entry.key);
    }
  }

  #remove(key) {
    this.#entries.delete(key);
    keep(`outbox.${key}`, null);
  }
}
