/** How each kind of Markdown block begins and goes on, after the CommonMark and GFM specifications. */

/** Says that a line was the end of the block, and nothing else. */
export const OVER = Symbol("over");

/** Longer paragraphs become neither headings nor the first row of a table (they are drawn in pieces: see inline.js). */
const LONGEST_TURN = 2_000;
const RULE = /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/;
const DELIMITER_ROW = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const LABEL = /\[((?:[^\\[\]]|\\.){1,999})\]:/;
const TARGET = /[ \t]*\n?[ \t]*(<[^<>\n]*>|[^\s<]\S*)/;
const TITLE = /(?:[ \t]+|[ \t]*\n[ \t]*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\))/;
const DEFINITION = new RegExp(`^${LABEL.source}${TARGET.source}(?:${TITLE.source})?[ \\t]*(?:\\n|$)`, "s");
const MATH_END = { "$$": /^(.*?)\$\$([.,;:]?)\s*$/, "\\[": /^(.*?)\\\]([.,;:]?)\s*$/ };

/** For each type of open block: does it go on in this line? Takes what marks it off the line. */
export const KEEPS = {
  quote(node, cursor) {
    if (cursor.indent > 3 || cursor.ahead[0] !== ">") return false;
    skipQuoteMark(cursor);
    return true;
  },
  list: () => true,
  item(node, cursor) {
    if (cursor.blank) {
      if (!node.children.length) return false;
      cursor.skipSpace();
      return true;
    }
    if (cursor.indent < node.width) return false;
    cursor.skip(node.width);
    return true;
  },
  paragraph: (node, cursor) => !cursor.blank,
  table: (node, cursor) => !cursor.blank,
  heading: () => false,
  rule: () => false,
  code: (node, cursor) => (node.fence ? keepFenced(node, cursor) : keepIndented(cursor)),
  math(node, cursor) {
    if (cursor.blank) return false;
    node.raw += `\n${cursor.ahead}`;
    const end = MATH_END[node.opener].exec(cursor.ahead);
    if (!end) return true;
    node.lines.push(end[1] + end[2]);
    node.closed = true;
    return OVER;
  },
};

function keepFenced(node, cursor) {
  const end = cursor.indent <= 3 && /^(`{3,}|~{3,})[ \t]*$/.exec(cursor.ahead);
  if (end && end[1].startsWith(node.fence)) return OVER;
  cursor.skip(Math.min(node.indent, cursor.indent));
  return true;
}

function keepIndented(cursor) {
  if (cursor.indent >= 4) cursor.skip(4);
  else if (!cursor.blank) return false;
  return true;
}

function skipQuoteMark(cursor) {
  cursor.skipSpace();
  cursor.skip(1);
  if (cursor.atSpace) cursor.skip(1);
}

function quote(blocks, cursor, depth) {
  if (cursor.indent > 3 || cursor.ahead[0] !== ">" || !blocks.roomy) return false;
  skipQuoteMark(cursor);
  blocks.add(depth, "quote");
  return true;
}

function heading(blocks, cursor, depth) {
  const match = cursor.indent <= 3 && /^(#{1,6})(?:[ \t]+|$)/.exec(cursor.ahead);
  if (!match) return false;
  const text = cursor.ahead.slice(match[0].length).replace(/(^|[ \t])#+[ \t]*$/, "").trim();
  blocks.add(depth, "heading", { level: match[1].length, text });
  return true;
}

function fence(blocks, cursor, depth) {
  const match = cursor.indent <= 3 && /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/.exec(cursor.ahead);
  if (!match) return false;
  const language = (match[2] ?? match[4]).trim().split(/\s/, 1)[0];
  blocks.add(depth, "code", { fence: match[1] ?? match[3], indent: cursor.indent, language, blanks: 0 });
  return true;
}

function math(blocks, cursor, depth) {
  const opener = cursor.ahead.slice(0, 2);
  if (cursor.indent > 3 || !Object.hasOwn(MATH_END, opener) || cursor.ahead[2] === "$") return false;
  const rest = cursor.ahead.slice(2);
  const end = MATH_END[opener].exec(rest);
  if (end ? !end[1].trim() : /\$\$|\]/.test(rest)) return false;
  const node = blocks.add(depth, "math", { opener, raw: cursor.ahead, closed: Boolean(end) });
  node.lines.push(end ? end[1] + end[2] : rest);
  return true;
}

function setextHeading(blocks, cursor, depth, container) {
  const match = cursor.indent <= 3 && container.type === "paragraph" && /^(?:(=+)|-+)[ \t]*$/.exec(cursor.ahead);
  if (!match || container.text.length > LONGEST_TURN || definition(container.text)) return false;
  blocks.turn("heading", { level: match[1] ? 1 : 2, text: container.text.trim() });
  return true;
}

function table(blocks, cursor, depth, container) {
  if (cursor.indent > 3 || container.type !== "paragraph" || !DELIMITER_ROW.test(cursor.ahead)) return false;
  const before = container.text.lastIndexOf("\n");
  const header = container.text.slice(before + 1);
  const align = cells(cursor.ahead).map(alignment);
  if (!`${header}${cursor.ahead}`.includes("|") || header.length > LONGEST_TURN) return false;
  if (cells(header).length !== align.length) return false;
  const row = { type: "row", tag: "th", cells: header, align, final: true };
  if (before < 0) blocks.turn("table", { children: [row] });
  else {
    container.text = container.text.slice(0, before);
    blocks.close();
    blocks.add(Infinity, "table", { children: [row] });
  }
  return true;
}

function alignment(cell) {
  if (cell.at(-1) === ":") return cell[0] === ":" ? "center" : "end";
  return cell[0] === ":" ? "start" : "";
}

function rule(blocks, cursor, depth) {
  if (cursor.indent > 3 || !RULE.test(cursor.ahead)) return false;
  blocks.add(depth, "rule");
  return true;
}

function listItem(blocks, cursor, depth, container) {
  const match = cursor.indent <= 3 && blocks.roomy && /^(?:([*+-])|(\d{1,9})([.)]))(?=[ \t]|$)/.exec(cursor.ahead);
  if (!match) return false;
  const [marker, bullet, number, delimiter] = match;
  const interrupts = container.type === "paragraph";
  if (interrupts && ((number && Number(number) !== 1) || !cursor.ahead.slice(marker.length).trim())) return false;
  const width = cursor.indent + marker.length + skipMarker(cursor, marker);
  const kind = bullet ?? delimiter;
  if (container.type !== "list" || container.marker !== kind) {
    blocks.add(depth, "list", { ordered: !bullet, start: Number(number ?? 1), marker: kind, tight: true });
    depth = Infinity;
  }
  blocks.add(depth, "item", { width, task: "" });
  return true;
}

/** Pass a list marker; how many columns of white space belong to it. */
function skipMarker(cursor, marker) {
  cursor.skipSpace();
  cursor.skip(marker.length);
  const { indent, blank } = cursor;
  const own = blank || indent > 4 ? 1 : indent;
  if (cursor.atSpace) cursor.skip(own);
  return own;
}

function indentedCode(blocks, cursor, depth) {
  if (cursor.indent < 4 || cursor.blank || blocks.tip.type === "paragraph") return false;
  cursor.skip(4);
  blocks.add(depth, "code", { fence: "", indent: 0, language: "", blanks: 0 });
  return true;
}

/** What a line is tried for, in order. Each opens its block and takes its mark off the line, or changes nothing. */
export const STARTS = [quote, heading, fence, math, setextHeading, table, rule, listItem, indentedCode];

/** The cells of a table row, unescaped. */
export function cells(row) {
  const inner = row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The link reference definition that a paragraph's text begins with, if it does. */
export function definition(text) {
  const match = text[0] === "[" && DEFINITION.exec(text);
  if (!match || !match[1].trim()) return null;
  const unescape = (part) => part.replace(/\\([!-/:-@[-`{-~])/g, "$1");
  const target = match[2][0] === "<" ? match[2].slice(1, -1) : match[2];
  const label = match[1].trim().replace(/\s+/g, " ").toLowerCase();
  const title = match[3] ? unescape(match[3].slice(1, -1)) : "";
  return { length: match[0].length, label, href: unescape(target), title };
}
