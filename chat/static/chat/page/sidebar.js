/** The list of conversations, or of what is archived: it follows what happens to them, searches them, folds away. */

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
  #day = new Date().toDateString();
  #archive = false; // the list shows what is archived

  constructor() {
    document.addEventListener("visibilitychange", () => document.hidden || this.#tellTime());
    document.addEventListener("input", ({ target }) => target.id === "search" && this.#typed());
    document.addEventListener("submit", (event) => event.target.contains(byId("search")) && this.#now(event));
    this.mark();
    this.#tellTime();
  }

  /** Take a `conversation` frame. */
  hear({ conversation: id, title, archived, deleted, updated, running }) {
    const comes = archived === this.#archive && !itemOf(id);
    if (comes && title === undefined) this.refresh();
    const leaves = deleted || (archived ?? this.#archive) !== this.#archive;
    const item = leaves ? this.#remove(id) : (itemOf(id) ?? this.#add(id, title, running));
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
    const query = new URLSearchParams({ q: byId("search").value.trim(), ...(this.#archive && { archived: 1 }) });
    try {
      const { content } = await fragment(`/conversations/?${query}`, this.#search.signal);
      const focused = list().contains(document.activeElement) && document.activeElement.closest("li[data-conversation]");
      list().replaceChildren(content);
      this.mark();
      if (focused) itemOf(focused.dataset.conversation)?.querySelector("a").focus({ preventScroll: true });
    } catch (error) {
      if (error.name !== "AbortError") console.warn("The list of conversations could not be read:", error.message);
    }
  }

  /** Show the list that a link leads to: of what is archived, or of the rest. */
  look(link) {
    if (document.body.dataset.sidebar === "folded") this.fold();
    byId("search").value = "";
    this.#archive = new URL(link.href).searchParams.has("archived");
    return this.refresh();
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

  /** The list is in groups by day: read it anew where it was made for other days than the reader's. */
  #tellTime() {
    const now = new Date();
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const isSame = now.toLocaleString("en") === now.toLocaleString("en", { timeZone: list().dataset.timezone });
    const isStale = this.#day !== now.toDateString() || !isSame;
    document.cookie = `timezone=${timeZone}; path=/; max-age=${YEAR}; samesite=lax`;
    list().dataset.timezone = timeZone;
    this.#day = now.toDateString();
    if (isStale) this.refresh();
  }

  #expanded(value) {
    document.querySelector('[data-action="open-drawer"]')?.setAttribute("aria-expanded", value);
  }

  #add(id, title, running) {
    if (byId("search").value || this.#archive || (title === undefined && !running)) return null;
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
    if (byId("search").value || this.#archive) return;
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
