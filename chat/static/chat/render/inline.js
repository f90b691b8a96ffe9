/** Markdown inside a block: marked's tokens, made into DOM nodes one by one. No HTML is ever parsed from an answer. */

import { Lexer, Marked } from "../vendor/marked/marked.esm.js";
import { citationLink, link } from "./links.js";
import { decode } from "./entities.js";
import { mathNode, mathToken } from "./maths.js";

export const CITE = "\uE000"; // private use: what the page puts around a citation's number
const CITATION = new RegExp(`^${CITE}(\\d{1,4})${CITE}`);

const nothing = () => undefined;
const extension = (name, start, tokenizer) => ({ name, level: "inline", start, tokenizer });
const { defaults } = new Marked({
  gfm: true,
  tokenizer: { tag: nothing, html: nothing },
  extensions: [
    extension("math", (source) => nonNegative(source.search(/\$|\\[([]/)), mathToken),
    extension("citation", (source) => nonNegative(source.indexOf(CITE)), (source) => {
      const match = CITATION.exec(source);
      return match ? { type: "citation", raw: match[0], number: Number(match[1]) } : undefined;
    }),
    extension("break", (source) => nonNegative(source.search(/<br/i)), (source) => {
      const match = /^<br\s*\/?>/i.exec(source);
      return match ? { type: "br", raw: match[0] } : undefined;
    }),
  ],
});

function nonNegative(index) {
  return index < 0 ? undefined : index;
}

/** The tokens of inline Markdown; `references` are the link definitions by label. */
export function tokensOf(source, references) {
  const lexer = new Lexer(defaults);
  lexer.tokens.links = references;
  return lexer.inlineTokens(source);
}

/** Tokens whose element can take changed content in place. */
export const NESTED = { strong: "strong", em: "em", del: "s" };

export const isText = (token) => token.type === "text" || token.type === "escape";

export const textOf = (token) => (token.type === "escape" ? token.text : decode(token.raw));

/** A node for one token; what is nested in an element is left to `fill(element, tokens)`. */
export function nodeOf(token, context, fill) {
  if (isText(token)) return document.createTextNode(textOf(token));
  if (token.type in NESTED) return filled(document.createElement(NESTED[token.type]), token, fill);
  switch (token.type) {
    case "codespan":
      return Object.assign(document.createElement("code"), { textContent: token.text });
    case "br":
      return document.createElement("br");
    case "link":
      return filled(link(decode(token.href), token.title && decode(token.title)), token, fill);
    case "image":
      return imageLink(token);
    case "math":
      return mathNode("span", token.text, token.display);
    case "citation":
      return citationLink(context.citations, token.number);
    default:
      return document.createTextNode(token.raw);
  }
}

function filled(element, token, fill) {
  fill(element, token.tokens);
  return element;
}

/** Images are not loaded: a request would tell another server who reads what. */
function imageLink(token) {
  const element = link(decode(token.href), token.title && decode(token.title));
  element.classList.add("image-link");
  element.textContent = decode(token.text) || "Image";
  return element;
}
