/** Unicode code points, in which the protocol counts, of JavaScript's UTF-16 strings. */

const PAIRS = /[\ud800-\udbff][\udc00-\udfff]/g;

/** How many code points `text` has. */
export function pointsOf(text) {
  return text.length - (text.match(PAIRS)?.length ?? 0);
}
