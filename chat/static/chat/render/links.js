/** Links out of an answer: only to places that a browser opens without running anything, and never to our own pages. */

const SAFE = new Set(["http:", "https:", "mailto:", "tel:"]);
const WEB = new Set(["http:", "https:"]);

/** The address in the browser's own reading of it, or "" where it is relative, broken or of another scheme. */
function address(href, schemes) {
  const url = URL.parse ? URL.parse(href) : parsed(href);
  return url && schemes.has(url.protocol) ? url.href : "";
}

function parsed(href) {
  try {
    return new URL(href);
  } catch {
    return null;
  }
}

/** An empty link, or a plain span where the address is not safe. */
export function link(href, title) {
  const url = address(href, SAFE);
  const element = document.createElement(url ? "a" : "span");
  if (url) outward(element, url);
  if (title) element.title = title;
  return element;
}

function outward(element, url) {
  element.href = url;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
}

/** The sources of an answer, each address once, in the order of their first citation. */
export class Citations {
  #sources = [];

  /** Add one citation of the API; its number, from 1, or 0 where it has no address to show. */
  add({ url, title, cited_text }) {
    const href = address(String(url ?? ""), WEB);
    if (!href) return 0;
    const known = this.#sources.findIndex((source) => source.href === href);
    if (known >= 0) return known + 1;
    return this.#sources.push({ href, title: String(title || new URL(href).host), quote: String(cited_text ?? "") });
  }

  get(number) {
    return this.#sources[number - 1];
  }
}

/** A small raised number that leads to a source; nothing where there is no such source. */
export function citationLink(citations, number) {
  const source = citations.get(number);
  if (!source) return document.createTextNode("");
  const raised = document.createElement("sup");
  const anchor = document.createElement("a");
  outward(anchor, source.href);
  anchor.textContent = number;
  anchor.title = source.quote ? `${source.title}\n“${source.quote}”` : source.title;
  anchor.setAttribute("aria-label", `Source ${number}: ${source.title}`);
  raised.className = "citation";
  raised.append(anchor);
  return raised;
}
