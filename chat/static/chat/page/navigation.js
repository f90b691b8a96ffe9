/** From one conversation to another without loading the page: the address, the back button, what is swapped. */

import { get } from "./http.js";
import { byId } from "./parts.js";

const OURS = /^\/(c\/[0-9a-f-]{36}\/)?$/;
const SWAPPED = ["chat", "settings"];

export class Navigation {
  #going = null;

  /** `listener`: `leaving()` before and `arrived()` after another conversation is on the page, `failed(sentence)`. */
  constructor(listener) {
    this.listener = listener;
    document.addEventListener("click", (event) => this.#clicked(event));
    // An entry that a link within the page made has no state of ours, and nothing to be read anew.
    history.replaceState({ ours: true }, "");
    addEventListener("popstate", ({ state }) => state?.ours && this.#back());
  }

  /** Go to an address of ours, as a link would. */
  async go(address) {
    const method = new URL(address, location).href === location.href ? "replaceState" : "pushState";
    try {
      await this.#show(address, () => history[method]({ ours: true }, "", address));
    } catch (error) {
      if (error.status) location.assign(address);
      else this.listener.failed("There is no connection to the server. This page stays as it is.");
    }
  }

  async #back() {
    try {
      await this.#show(location.href, () => {});
    } catch {
      location.reload();
    }
  }

  /** The last one asked for wins, whatever order the answers come in. */
  async #show(address, moved) {
    this.#going?.abort();
    const going = (this.#going = new AbortController());
    const response = await get(address, going.signal).catch((error) => {
      if (error.name === "AbortError") return null;
      throw error;
    });
    const html = await response?.text();
    if (response === null || going.signal.aborted) return;
    const page = new DOMParser().parseFromString(html, "text/html");
    this.listener.leaving();
    for (const id of SWAPPED) byId(id).replaceWith(document.adoptNode(page.getElementById(id)));
    for (const name of ["conversation", "leaf"]) document.body.dataset[name] = page.body.dataset[name];
    document.title = page.title;
    moved();
    this.listener.arrived();
  }

  #clicked(event) {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.origin !== location.origin || !OURS.test(link.pathname)) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    this.go(link.href);
  }
}
