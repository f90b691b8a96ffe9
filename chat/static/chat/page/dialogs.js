/** The dialogs that change a conversation: rename, delete, settings. Shown at once, taken back if refused. */

import { post } from "./http.js";
import { byId, part } from "./parts.js";
import { addressOf, conversation } from "./where.js";

export class Dialogs {
  #about = null;

  /** `listener`: `changed(frame)`, with what a `conversation` frame would say, and `refused()`: read the list again. */
  constructor(sidebar, listener) {
    this.sidebar = sidebar;
    this.listener = listener;
    document.addEventListener("submit", (event) => {
      const dialog = event.target.closest("dialog");
      if (!["rename", "delete", "settings"].includes(dialog?.id)) return;
      event.preventDefault();
      this[dialog.id](dialog, Object.fromEntries(new FormData(event.target)));
    });
  }

  /** Ask for the new title of a conversation, or whether it shall go. */
  open(name, id) {
    const title = this.sidebar.titleOf(id);
    const dialog = byId(name);
    this.#about = id;
    if (name === "rename") byId("rename-text").value = title;
    else part(dialog, "title").textContent = title;
    part(dialog, "problem").hidden = true;
    dialog.showModal();
    if (name === "rename") byId("rename-text").select();
  }

  async rename(dialog, { title }) {
    const id = this.#about;
    const before = this.sidebar.titleOf(id);
    this.listener.changed({ conversation: id, title: title.trim() });
    const taken = await this.#post(dialog, `${addressOf(id)}rename/`, { title });
    if (!taken) this.listener.changed({ conversation: id, title: before });
  }

  async delete(dialog) {
    const id = this.#about;
    const taken = await this.#post(dialog, `${addressOf(id)}delete/`);
    if (taken) this.listener.changed({ conversation: id, deleted: true });
  }

  async settings(dialog, fields) {
    const taken = await this.#post(dialog, `${addressOf(conversation())}settings/`, fields);
    if (taken) byId("model").value = fields.model;
  }

  /** Close, try, and open again with the reason where it was refused. */
  async #post(dialog, address, fields = {}) {
    dialog.close();
    try {
      await post(address, fields);
      return true;
    } catch (error) {
      dialog.showModal();
      part(dialog, "problem").textContent = error.status ? error.message : "There is no connection to the server.";
      part(dialog, "problem").hidden = false;
      return false;
    }
  }
}
