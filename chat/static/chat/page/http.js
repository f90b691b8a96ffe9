/** Requests to our own pages: with the CSRF token, and to the login where the session is over. */

import { made } from "./parts.js";

/** An answer that is not a success; `status` is HTTP's. `message` is for people. */
export class HttpError extends Error {
  constructor(status, sentence = "") {
    const missing = status === 404 ? "It is not there any more." : "";
    super(sentence || missing || `The server could not do that (HTTP ${status}).`);
    this.status = status;
  }
}

/** The answer to GET; the whole page goes to the login where that is what it takes. */
export async function get(url, signal) {
  const response = await fetch(url, { signal, headers: { "X-Requested-With": "fetch" } });
  return checked(response);
}

/** The answer to POST with these form fields. */
export async function post(url, fields = {}) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const response = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token, "X-Requested-With": "fetch" },
    body: new URLSearchParams(fields),
  });
  return checked(response);
}

/** The elements of an HTML fragment, not yet in the page. */
export async function fragment(url, signal) {
  const response = await get(url, signal);
  const template = made("template");
  template.innerHTML = await response.text();
  return { content: template.content, leaf: response.headers.get("X-Leaf") };
}

/** To the login page and back here afterwards. What was typed is in local storage. */
export function toLogin() {
  location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
}

async function checked(response) {
  if (response.redirected && new URL(response.url).pathname.startsWith("/accounts/login")) {
    toLogin();
    throw new HttpError(401);
  }
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  if (!response.ok) throw new HttpError(response.status, plain ? await response.text() : "");
  return response;
}
