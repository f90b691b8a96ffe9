/** Says to a screen reader what changed, in short sentences and never the tokens themselves. */

import { byId } from "./parts.js";

const ENDS = {
  complete: "Answer complete.",
  stopped: "Answer stopped.",
  interrupted: "The answer was interrupted.",
};

/** Announce a sentence, also when it is the same as the last one. */
export function announce(sentence) {
  const place = byId("announcer");
  place.textContent = "";
  setTimeout(() => (place.textContent = sentence), 50);
}

export const announceEnd = ({ state, error }) =>
  announce(ENDS[state] ?? `The answer failed. ${error?.message ?? ""}`);
