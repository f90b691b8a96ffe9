/** Worker: keeps the code of each growing block, and answers with the lines whose colours changed. */

import hljs from "../vendor/highlight/highlight.min.js";

const blocks = new Map();
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

addEventListener("message", ({ data: { id, language, lines, over } }) => {
  const started = performance.now();
  const block = blocks.get(id) ?? { lines: [], sent: [] };
  block.lines.push(...lines);
  const changes = hljs.getLanguage(language) ? changed(block, language) : [];
  if (over) blocks.delete(id);
  else blocks.set(id, block);
  postMessage({ id, changes, took: performance.now() - started });
});

function changed(block, language) {
  const html = hljs.highlight(block.lines.join("\n"), { language, ignoreIllegals: true }).value;
  const changes = [];
  eachLine(html, (index, runs) => {
    const key = runs.join("\u0000");
    if (key === (block.sent[index] ?? `\u0000${block.lines[index]}`)) return;
    block.sent[index] = key;
    changes.push([index, runs]);
  });
  return changes;
}

/** Cut highlight.js's HTML (spans and five entities) into lines of [class, text, …]; the inner class counts. */
function eachLine(html, take) {
  const classes = [""];
  html.split("\n").forEach((line, index) => {
    const runs = [];
    for (const [, opened, closed, text] of line.matchAll(/<span class="([^"]*)">|(<\/span>)|([^<]+)/g)) {
      if (opened !== undefined) classes.push(opened);
      else if (closed) classes.pop();
      else runs.push(classes.at(-1), text.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity]));
    }
    take(index, runs);
  });
}
