/** The list of conversations: it follows what happens to them, searches them, folds away. */

import { kept, keep } from "./drafts.js";
import { fragment } from "./http.js";
import { byId, copyOf, made, part } from "./parts.js";
import { addressOf, conversation } from "./where.js";

const TYPED = 150; // ms without a keystroke
const YEAR = 365 * 24 * 3600;

const list = () => byId("conversations");
const itemOf = (id) => list().querySelector(`li[data-conversation="${id}"]`);

export class Sidebar {
  #typing = 0;
  #search = null;

  constructor() {
    document.addEventListener("input", ({ target }) => target.id === "search" && this.#typed());
    document.addEventListener("submit", (event) => event.target.contains(byId("search")) && this.#now(event));
    this.mark();
  }

  /** Take a `conversation` frame. */
  hear({ conversation: id, title, archived, deleted, updated, running }) {
    const item = deleted || archived ? this.#remove(id) : (itemOf(id) ?? this.#add(id, title, running));
    if (!item) return;
    if (title !== undefined) this.#title(item, title);
    if (running !== undefined) this.#running(item, id, running);
    if (updated !== undefined) this.#toTop(item);
  }

  /** Mark which conversation is on show, and which ended unseen. */
  mark() {
    const unread = new Set(kept("unread", []));
    if (unread.delete(conversation())) keep("unread", [...unread]);
    for (const item of list().querySelectorAll("li[data-conversation]")) {
      const here = item.dataset.conversation === conversation();
      item.toggleAttribute("data-current", here);
      item.toggleAttribute("data-unread", unread.has(item.dataset.conversation));
      const link = item.querySelector("a");
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  titleOf(id) {
    return itemOf(id) ? part(itemOf(id), "title").textContent : "";
  }

  /** Read the list anew. */
  async refresh() {
    this.#search?.abort();
    this.#search = new AbortController();
    const query = byId("search").value.trim();
    try {
      const { content } = await fragment(`/conversations/?q=${encodeURIComponent(query)}`, this.#search.signal);
      list().replaceChildren(content);
      this.mark();
    } catch (error) {
      if (error.name !== "AbortError") console.warn("The list of conversations could not be read:", error.message);
    }
  }

  /** Put older conversations in place of the link to them. */
  async more(link) {
    const { content } = await fragment(link.href);
    link.replaceWith(content);
    this.mark();
  }

  openDrawer() {
    document.body.dataset.drawer = "open";
    // Not the search: on a phone that would bring up the keyboard.
    byId("sidebar").querySelector('[data-action="close-drawer"]').focus();
    this.#expanded("true");
  }

  /** True if it was open. */
  closeDrawer() {
    const open = document.body.dataset.drawer === "open";
    delete document.body.dataset.drawer;
    this.#expanded("false");
    return open;
  }

  fold() {
    const folded = document.body.dataset.sidebar === "folded" ? "open" : "folded";
    document.body.dataset.sidebar = folded;
    document.cookie = `sidebar=${folded}; path=/; max-age=${YEAR}; samesite=lax`;
  }

  #expanded(value) {
    document.querySelector('[data-action="open-drawer"]')?.setAttribute("aria-expanded", value);
  }

  #add(id, title, running) {
    if (byId("search").value || (title === undefined && !running)) return null;
    const item = copyOf("conversation-item");
    item.dataset.conversation = id;
    item.querySelector("a").href = addressOf(id);
    item.querySelector("[popover]").id = `menu-${id}`;
    item.querySelector("[popovertarget]").setAttribute("popovertarget", `menu-${id}`);
    this.#title(item, title ?? "New chat");
    this.#toTop(item);
    this.mark();
    return item;
  }

  #remove(id) {
    const item = itemOf(id);
    const group = item?.parentElement;
    item?.remove();
    if (group?.childElementCount === 0) {
      if (group.previousElementSibling?.tagName === "H2") group.previousElementSibling.remove();
      group.remove();
    }
    return null;
  }

  #title(item, title) {
    part(item, "title").textContent = title;
    item.querySelector("a").title = title;
    item.querySelector("[popovertarget]").setAttribute("aria-label", `More: ${title}`);
  }

  #running(item, id, running) {
    const ended = item.dataset.running === "true" && !running;
    item.dataset.running = String(running);
    if (!ended || (id === conversation() && !document.hidden)) return;
    keep("unread", [...new Set([...kept("unread", []), id])]);
    this.mark();
  }

  #toTop(item) {
    if (byId("search").value) return;
    const today = this.#today();
    if (today.firstElementChild === item) return;
    const focused = item.contains(document.activeElement) ? document.activeElement : null;
    if (item.isConnected) this.#remove(item.dataset.conversation);
    today.prepend(item);
    focused?.focus();
  }

  #today() {
    const [heading] = list().children;
    if (heading?.tagName === "H2" && heading.textContent === "Today") return heading.nextElementSibling;
    list().querySelector("p")?.remove();
    const group = made("ul");
    list().prepend(made("h2", "Today"), group);
    return group;
  }

  #typed() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.refresh(), TYPED);
  }

  #now(event) {
    event.preventDefault();
    this.refresh();
  }
}
