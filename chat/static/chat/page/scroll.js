/** Stays at the end while an answer grows, as long as the reader is there, or at a message that was to be shown. */

import { whenDrawn } from "../render/pace.js";
import { byId } from "./parts.js";

const NEAR = 40; // px from the end that count as being there
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"]; // by which a reader leaves a place

export class Follower {
  #following = true;
  #last = 0;
  #held = false;
  #mark = null;
  #sizes = new ResizeObserver(() => this.#grown());

  constructor() {
    whenDrawn(() => this.#grown());
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("pointerdown", (event) => (this.#held = event.target.closest("#transcript") !== null));
    addEventListener("pointerup", () => (this.#held = false));
    addEventListener("pointercancel", () => (this.#held = false));
    document.addEventListener("click", (event) => event.target.closest("#new-text") && this.toEnd());
    for (const move of MOVES) addEventListener(move, () => (this.#mark = null), { passive: true });
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
    this.#mark = null;
    offer(false);
    scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  }

  /** Run a change of what stands above `element` (or of itself) without moving it on the screen. */
  keeping(element, change) {
    const { top } = element.getBoundingClientRect();
    change();
    this.put(element, top);
  }

  /** Show `element` at `top` of the screen, and keep it there until the reader moves, whatever its surroundings do. */
  put(element, top) {
    this.#mark = { element, top };
    this.#stay();
  }

  #goTo(element) {
    this.#following = false;
    element.scrollIntoView({ block: "start", behavior: "instant" });
    this.put(element, element.getBoundingClientRect().top);
  }

  #stay() {
    const { element, top } = this.#mark;
    scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" });
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
    if (!this.#mark?.element.isConnected) this.#mark = null;
    if (this.#mark) this.#stay();
    if (this.#rest <= 2) return;
    if (this.#following && !this.#mark && !this.#held) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    else offer(document.querySelector('#transcript [data-state="streaming"]') !== null);
  }
}

/** Show the button that leads to the end, or hide it. Setting what is set already would cost a frame. */
function offer(shown) {
  if (byId("new-text").hidden === shown) byId("new-text").hidden = !shown;
}
