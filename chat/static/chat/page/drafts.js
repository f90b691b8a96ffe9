/** What was typed and not yet accepted, kept in local storage: drafts per conversation, and messages on their way. */

const mine = (name) => `chat.${document.body.dataset.user ?? ""}.${name}`;

/** A version 4 UUID; `crypto.randomUUID` is missing on plain http. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The value kept under `name` for this person, or `fallback`. */
export function kept(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(mine(name))) ?? fallback;
  } catch {
    return fallback;
  }
}

/** All values kept under names that begin like this. */
export function keptUnder(prefix) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(mine(prefix)));
    return names.map((name) => kept(name.slice(mine("").length), null)).filter(Boolean);
  } catch {
    return [];
  }
}

/** Keep a value under `name`; null forgets it. A full or forbidden storage only costs the safety net. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(mine(name));
    else localStorage.setItem(mine(name), JSON.stringify(value));
  } catch {
    console.warn("Local storage is full or not allowed: drafts do not survive a reload.");
  }
}

/** A draft is `{text, editing, aside}`: the question it changes, and the text that waits meanwhile, or null. */
export const EMPTY = Object.freeze({ text: "", editing: null, aside: "" });

export const draftOf = (conversation) => ({ ...EMPTY, ...kept(`draft.${conversation ?? "new"}`, {}) });

/** Whether a draft has anything to lose. */
export const holds = (draft) => Boolean(draft.text || draft.editing || draft.aside);

export function keepDraft(conversation, draft) {
  keep(`draft.${conversation ?? "new"}`, holds(draft) ? draft : null);
}

/** Put a text that has no place any more before whatever the draft holds by now. */
export function giveBack(conversation, text) {
  const draft = draftOf(conversation);
  keepDraft(conversation, { ...draft, text: draft.text ? `${text}\n\n${draft.text}` : text });
}
