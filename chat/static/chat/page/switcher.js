/** Ctrl+K: type a few letters, go to a conversation. */

import { fragment } from "./http.js";
import { byId, part } from "./parts.js";

const TYPED = 120; // ms without a keystroke

export class Switcher {
  #typing = 0;
  #search = null;

  constructor() {
    byId("switcher-text").addEventListener("input", () => this.#typed());
    byId("switcher").addEventListener("keydown", (event) => this.#key(event));
    byId("switcher").addEventListener("click", (event) => event.target.closest("a[href]") && byId("switcher").close());
  }

  open() {
    if (byId("switcher").open) return;
    byId("switcher-text").value = "";
    byId("switcher").showModal();
    byId("switcher-text").focus();
    this.#find();
  }

  #typed() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#find(), TYPED);
  }

  async #find() {
    this.#search?.abort();
    this.#search = new AbortController();
    const query = encodeURIComponent(byId("switcher-text").value.trim());
    try {
      const { content } = await fragment(`/conversations/?q=${query}`, this.#search.signal);
      for (const extra of content.querySelectorAll("[popover], [popovertarget], [data-action]")) extra.remove();
      this.#results.replaceChildren(content);
      for (const [index, link] of this.#links.entries()) Object.assign(link, { id: `found-${index}`, role: "option" });
      this.#select(0);
    } catch (error) {
      if (error.name !== "AbortError") this.#results.replaceChildren("The list could not be read.");
    }
  }

  get #results() {
    return part(byId("switcher"), "results");
  }

  get #links() {
    return [...this.#results.querySelectorAll("a[href]")];
  }

  #select(index) {
    const links = this.#links;
    const chosen = links.at(links.length ? (index + links.length) % links.length : 0);
    for (const link of links) link.setAttribute("aria-selected", String(link === chosen));
    byId("switcher-text").setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const at = this.#links.findIndex((link) => link.ariaSelected === "true");
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.#select(at + steps[event.key]);
    else if (event.key === "Enter" && event.target.id === "switcher-text") this.#links[at]?.click();
    else return;
    event.preventDefault();
  }
}
