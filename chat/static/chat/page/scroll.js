/** Stays at the end while an answer grows, as long as the reader is there; else offers a button to go there. */

import { whenDrawn } from "../render/pace.js";
import { byId } from "./parts.js";

const NEAR = 40; // px from the end that count as being there

export class Follower {
  #following = true;
  #last = 0;
  #held = false;
  #sizes = new ResizeObserver(() => this.#grown());

  constructor() {
    whenDrawn(() => this.#grown());
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("pointerdown", (event) => (this.#held = event.target.closest("#transcript") !== null));
    addEventListener("pointerup", () => (this.#held = false));
    addEventListener("pointercancel", () => (this.#held = false));
    document.addEventListener("click", (event) => event.target.closest("#new-text") && this.toEnd());
  }

  /** Watch the transcript that is on the page now, and go to its end, or to the message that the address names. */
  open() {
    this.#sizes.disconnect();
    this.#sizes.observe(byId("transcript"));
    this.#sizes.observe(byId("composer"));
    const named = location.hash && byId(location.hash.slice(1));
    if (named) this.#goTo(named);
    else this.toEnd();
  }

  toEnd() {
    this.#following = true;
    offer(false);
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  }

  /** Run a change of what stands above `element` (or of itself) without moving it on the screen. */
  keeping(element, change) {
    const before = element.getBoundingClientRect().top;
    change();
    const place = element.isConnected ? element : null;
    if (place) scrollBy({ top: place.getBoundingClientRect().top - before, behavior: "instant" });
  }

  #goTo(element) {
    this.#following = false;
    element.scrollIntoView({ block: "start", behavior: "instant" });
  }

  get #rest() {
    const { scrollHeight, clientHeight } = document.documentElement;
    return scrollHeight - clientHeight - scrollY;
  }

  #scrolled() {
    const up = scrollY < this.#last;
    this.#last = scrollY;
    if (this.#rest <= 2) this.#following = true;
    else if (up) this.#following = false;
    else if (this.#rest < NEAR) this.#following = true;
    if (this.#following) offer(false);
  }

  /** Called after layout and before paint, so reading sizes costs nothing and nothing is seen to jump. */
  #grown() {
    if (this.#rest <= 2) return;
    if (this.#following && !this.#held) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    else offer(document.querySelector('#transcript [data-state="streaming"]') !== null);
  }
}

/** Show the button that leads to the end, or hide it. Setting what is set already would cost a frame. */
function offer(shown) {
  if (byId("new-text").hidden === shown) byId("new-text").hidden = !shown;
}
