/** Character references of HTML in text: the numeric ones, and the names that occur in prose. */

const NAMED = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0", shy: "\u00AD", ensp: "\u2002", emsp: "\u2003",
  thinsp: "\u2009", zwnj: "\u200C", zwj: "\u200D", ndash: "–", mdash: "—", lsquo: "‘", rsquo: "’", sbquo: "‚",
  ldquo: "“", rdquo: "”", bdquo: "„", laquo: "«", raquo: "»", lsaquo: "‹", rsaquo: "›", hellip: "…", bull: "•",
  middot: "·", dagger: "†", Dagger: "‡", sect: "§", para: "¶", copy: "©", reg: "®", trade: "™", deg: "°", micro: "µ",
  permil: "‰", prime: "′", Prime: "″", cent: "¢", pound: "£", yen: "¥", euro: "€", times: "×", divide: "÷",
  plusmn: "±", minus: "−", frac12: "½", frac14: "¼", frac34: "¾", sup1: "¹", sup2: "²", sup3: "³", ne: "≠", le: "≤",
  ge: "≥", asymp: "≈", equiv: "≡", infin: "∞", sum: "∑", prod: "∏", radic: "√", int: "∫", part: "∂", nabla: "∇",
  isin: "∈", notin: "∉", cap: "∩", cup: "∪", sub: "⊂", sup: "⊃", forall: "∀", exist: "∃", empty: "∅", and: "∧",
  or: "∨", not: "¬", larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔", lArr: "⇐", rArr: "⇒", hArr: "⇔",
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", mu: "μ", pi: "π", rho: "ρ",
  sigma: "σ", tau: "τ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω", Delta: "Δ", Sigma: "Σ", Omega: "Ω", agrave: "à",
  aacute: "á", acirc: "â", atilde: "ã", auml: "ä", aring: "å", aelig: "æ", ccedil: "ç", egrave: "è", eacute: "é",
  ecirc: "ê", euml: "ë", iacute: "í", ntilde: "ñ", oacute: "ó", ocirc: "ô", ouml: "ö", oslash: "ø", uacute: "ú",
  uuml: "ü", Auml: "Ä", Ouml: "Ö", Uuml: "Ü", szlig: "ß", check: "✓", star: "☆", hearts: "♥", lbrace: "{",
  rbrace: "}", lbrack: "[", rbrack: "]", lpar: "(", rpar: ")", ast: "*", lowbar: "_", grave: "`", vert: "|",
  bsol: "\\", num: "#", dollar: "$", Tab: "\t", NewLine: "\n",
};

const REFERENCE = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z][A-Za-z\d]{1,31}));/g;

/** Replace character references; what is not one, or has an unknown name, stays as it is. */
export function decode(text) {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole, decimal, hex, name) => {
    if (name) return Object.hasOwn(NAMED, name) ? NAMED[name] : whole;
    return character(decimal ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

function character(code) {
  const allowed = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return allowed ? String.fromCodePoint(code) : "\uFFFD";
}
