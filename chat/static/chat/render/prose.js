/**
 * The text of one paragraph, heading or table cell, drawn as it grows. Long text is drawn in windows: what lies far
 * enough behind is settled and not looked at again, so that a paragraph of any length costs the same per frame.
 */

import { complete } from "./partial.js";
import { NESTED, isText, nodeOf, textOf, tokensOf } from "./inline.js";

const WINDOWS = [800, 4_000]; // characters looked at to settle half of them; in the last one constructs may be cut
const OPEN_END = /[*_~`[\]$<\\]/; // left over in plain text: the beginning of something that may end later

export class Prose {
  #element;
  #context;
  #settled = "";
  #needed = 0; // length of the text that settling what is settled rested on
  #tried = 0; // windows in which nothing could be settled
  #shown = [];
  #text = "";

  constructor(element, context) {
    this.#element = element;
    this.#context = context;
  }

  /** Draw `text`; `open` says that it still grows. */
  draw(text, open) {
    const other = text.length < this.#needed || !text.startsWith(this.#settled);
    if (other || !isOurs(this.#element, this.#shown)) this.#clear();
    while (this.#settleSome(text));
    const tail = text.slice(this.#settled.length);
    this.#text = text;
    if (!open && text.includes("[")) this.#context.unresolved.add(this);
    this.#patch(this.#element, this.#shown, this.#tokens(open ? complete(tail) : tail));
  }

  /** Draw the same text anew, with the link definitions known by now. */
  again() {
    this.#clear();
    this.draw(this.#text, false);
  }

  #clear() {
    this.#settled = "";
    this.#needed = this.#tried = 0;
    this.#shown = [];
    this.#element.replaceChildren();
  }

  #tokens(source) {
    return tokensOf(source, this.#context.references);
  }

  /** Settle what one more window of the text allows, the shortest that does; whether there was one. */
  #settleSome(text) {
    for (; WINDOWS[this.#tried] <= text.length - this.#settled.length; this.#tried++) {
      const end = this.#settled.length + WINDOWS[this.#tried];
      const window = text.slice(this.#settled.length, end);
      const cut = cutOf(this.#tokens(window), WINDOWS[this.#tried] / 2, this.#tried === WINDOWS.length - 1);
      if (!cut) continue;
      this.#patch(this.#element, this.#shown, this.#tokens(window.slice(0, cut)));
      this.#shown = [];
      this.#needed = end;
      this.#settled += window.slice(0, cut);
      this.#tried = 0;
      return true;
    }
    return false;
  }

  /** Make the last nodes of `parent`, which `shown` describes, those of `tokens`; what is the same stays. */
  #patch(parent, shown, tokens) {
    let same = 0;
    while (same < shown.length && same < tokens.length && isSame(shown[same].token, tokens[same])) same++;
    if (same < Math.min(shown.length, tokens.length) && this.#grow(shown[same], tokens[same])) same++;
    for (const { node } of shown.splice(same)) node.remove();
    for (const token of tokens.slice(same)) shown.push(this.#append(parent, token));
  }

  #append(parent, token) {
    const entry = { token, shown: [] };
    entry.node = nodeOf(token, this.#context, (element, tokens) => this.#patch(element, entry.shown, tokens));
    parent.append(entry.node);
    return entry;
  }

  /** Bring one node up to date in place, so that a selection in it stays; false where it must be made anew. */
  #grow(entry, token) {
    if (isText(entry.token) && isText(token)) {
      const data = textOf(token);
      if (data.startsWith(entry.node.data)) entry.node.appendData(data.slice(entry.node.data.length));
      else entry.node.data = data;
    } else if (token.type in NESTED && token.type === entry.token.type) {
      this.#patch(entry.node, entry.shown, token.tokens);
    } else return false;
    entry.token = token;
    return true;
  }
}

/** Whether what was drawn is still there; a browser that translates the page puts its own words in place of ours. */
function isOurs(parent, shown) {
  return shown.every((entry) => entry.node.parentNode === parent && isOurs(entry.node, entry.shown));
}

function isSame(one, other) {
  return one.type === other.type && one.raw === other.raw && one.href === other.href;
}

/** Where a window can be cut: behind white space within reach, with nothing before it that is still open; else 0. */
function cutOf(tokens, reach, forced) {
  let at = 0;
  let safe = 0;
  let fallback = 0;
  let clean = true;
  for (const { type, raw } of tokens) {
    if (type === "text") {
      clean &&= !OPEN_END.test(raw);
      const space = lastSpace(raw.slice(0, Math.max(reach - at, 0)));
      if (space) fallback = at + space;
      if (space && clean) safe = fallback;
    }
    at += raw.length;
    if (at >= reach) break;
  }
  if (safe || !forced) return safe;
  return fallback || Math.min(at, hardCut(tokens, reach));
}

const lastSpace = (text) => text.search(/\s\S*$/) + 1;

/** Text without any white space: between two characters, not inside one. */
function hardCut(tokens, reach) {
  const source = tokens.map(({ raw }) => raw).join("");
  return /[\uDC00-\uDFFF]/.test(source[reach]) ? reach + 1 : reach;
}
