/** Maths: what counts as such in text, and its typesetting by KaTeX, which is loaded with the first formula. */

import { underWay, later } from "./work.js";

const FORMS = [
  { pattern: /^\$\$(?!\$)((?:[^$\\]|\\[\s\S]|\$(?!\$)){1,2000}?)\$\$(?!\$)/, display: true },
  { pattern: /^\$(?![\s$])((?:[^$\\\n]|\\.|\n(?!\n)){1,600}?)(?<!\s)\$(?![\w$])/, display: false, dollar: true },
  { pattern: /^\\\(([\s\S]{1,600}?)\\\)/, display: false },
  { pattern: /^\\\[([\s\S]{1,2000}?)\\\]/, display: true },
];
const HOME = new URL("../vendor/katex/", import.meta.url);

const LIMITS = { throwOnError: true, strict: false, trust: false, maxSize: 20, maxExpand: 500 };

let katex;

/** marked's extension: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, but not "$5 and $6". */
export function mathToken(source, tokens) {
  for (const { pattern, display, dollar } of FORMS) {
    const match = pattern.exec(source);
    if (match && !(dollar && isMoney(match[1], tokens.at(-1)?.raw.at(-1)))) {
      return { type: "math", raw: match[0], text: match[1].trim(), display };
    }
  }
  return undefined;
}

function isMoney(inner, before = " ") {
  if (/[\w$]/.test(before)) return true;
  return /^[\d.,]+(?:\s|[a-z]*[-–—/]|[^\s\w\\^_=+*<>(){}.,-])/i.test(inner) && !/[\\^_=+<>{}]/.test(inner);
}

/** An element that shows the source of a formula. */
export function sourceNode(tag, tex, display) {
  const element = document.createElement(tag);
  element.className = `math math-source${display ? " math-display" : ""}`;
  element.textContent = tex;
  return element;
}

/** An element that shows a formula, and its source until it is typeset. */
export function mathNode(tag, tex, display) {
  const element = sourceNode(tag, tex, display);
  katex ??= load();
  underWay(katex.then((typesetter) => typesetter && later(() => typeset(typesetter, element, tex, display))));
  return element;
}

async function load() {
  const sheet = document.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = new URL("katex.min.css", HOME).href;
  document.head.append(sheet);
  try {
    await import("../vendor/katex/katex.min.js");
    return globalThis.katex;
  } catch {
    return null; // offline: formulas stay readable as their source
  }
}

function typeset(typesetter, element, tex, display) {
  const holder = document.createElement("span");
  try {
    typesetter.render(tex, holder, { ...LIMITS, displayMode: display });
    element.replaceChildren(...holder.childNodes);
    element.classList.remove("math-source");
  } catch {
    // What KaTeX does not understand stays as its source.
  }
}
