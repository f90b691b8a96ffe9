"""Markdown to test with: pieces that texts are put together from by chance, and answers that mean harm."""

import random

PIECES = [
    *("```", "```python\n", "~~~", "~~~js\n", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", "   ", "  ", "    ", "\t"),
    *(
        "| a | b |\n",
        "|---|:-:|\n",
        "| 1 | 2 |\n",
        "| a ",
        "|",
        "===\n",
        "---\n",
        "***\n",
        "# ",
        "## ",
        "\n",
        "\n",
        "\n\n",
    ),
    *("$$", "$$\nx^2\n$$\n", "\\[", "\\]", "\\(x\\)", "$a$", "$5 and $6", "[ref]", "[ref]: https://e.example/ 'T'\n"),
    *("[text](https://e.example/a)", "[t](", "![i](https://i.example/x.png)", "**", "*", "_", "__", "~~", "`", "``"),
    *("<b>", "<br>", "&amp;", "&copy;", "👩‍👩‍👧", "مرحبا", "é", "- [ ] ", "- [x] done\n", "word ", "x", "a\nb", "\r\n"),
    *("def f():\n    return 1\n", "\\", "!", "]", "(", ")", "<https://a.example>", "https://auto.example/x ", "[^1]"),
    *("long " * 30, "*em* and **strong** " * 12, "some `code` " * 40, "[ref] and " * 60, "\ue0001\ue000"),
]


def cut_texts(seed: int, number: int) -> list[tuple[str, list[int]]]:
    """Texts put together by chance, each with the places to cut it at."""
    chance = random.Random(seed)
    texts = []
    for _ in range(number):
        text = "".join(chance.choices(PIECES, k=chance.choice([3, 8, 20, 60])))
        texts.append((text, sorted(chance.choices(range(len(text) + 1), k=chance.choice([1, 3, 10, 30])))))
    return texts


HOSTILE = [
    "<script>harmed()</script>",
    "<scr<script>ipt>harmed()</scr</script>ipt>",
    "<img src=x onerror=harmed()>",
    "<svg onload=harmed()><script>harmed()</script></svg>",
    "<svg><animate onbegin=harmed() attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=harmed()&gt;'>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=harmed() src>'>",
    "<noscript><p title='</noscript><img src=x onerror=harmed()>'>",
    "<iframe srcdoc='<script>parent.harmed()</script>'></iframe>",
    "<object data='javascript:harmed()'></object><embed src='javascript:harmed()'>",
    "<a href='javascript:harmed()'>a</a><form action='javascript:harmed()'><button>b</button></form>",
    "<style>@import 'https://evil.example/x.css'</style><link rel=stylesheet href=https://evil.example/y.css>",
    "<base href=https://evil.example/><meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<details open ontoggle=harmed()><input autofocus onfocus=harmed()><video><source onerror=harmed()></video>",
    "[a](javascript:harmed())",
    "[a](JaVaScRiPt:harmed())",
    "[a](java\tscript:harmed())",
    "[a](&#106;avascript:harmed())",
    "[a](javascript&colon;harmed())",
    "[a](\x01javascript:harmed())",
    "[a](<javascript:harmed()>)",
    "[a](data:text/html,<script>parent.harmed()</script>)",
    "[a](vbscript:harmed())",
    "[a](blob:https://evil.example/1)",
    "[a](file:///etc/passwd)",
    "[a](//evil.example/x)",
    "[a](/accounts/logout/)",
    '[a](https://ok.example/"onmouseover="harmed())',
    "[a](https://ok.example 'x\" onmouseover=\"harmed()')",
    "[a]: javascript:harmed()\n\n[a] and [b][a]",
    "<javascript:harmed()> and <data:text/html,x>",
    "![a](javascript:harmed())",
    "![a](https://evil.example/leak.png)",
    '![a"onerror="harmed()](https://evil.example/leak.png)',
    "![a](data:image/svg+xml,<svg/onload=harmed()>)",
    "![a][b]\n\n[b]: https://evil.example/leak.png",
    "```html\n<script>harmed()</script>\n<img src=x onerror=harmed()>\n```",
    '```"><img/src=x/onerror=harmed()>\ncode\n```',
    "```constructor\ncode\n```",
    "| <img src=x onerror=harmed()> | b |\n|---|---|\n| [x](javascript:harmed()) | <script>harmed()</script> |",
    "$\\href{javascript:harmed()}{x}$ and $\\url{javascript:harmed()}$",
    "$\\includegraphics{https://evil.example/leak.png}$",
    "$\\htmlData{x=y}{z}$ $\\htmlStyle{background:url(https://evil.example/x)}{z}$ $\\htmlClass{answer}{z}$",
    "$<img src=x onerror=harmed()>$",
    "$$\n\\def\\a{\\a\\a}\\a\n$$",
    "$\\rule{99999em}{99999em}$",
    "> " * 5_000 + "deep",
    "- " * 5_000 + "deep",
    "*a " * 5_000,
    "[" * 10_000,
    "`" * 9_999 + " `` `",
    "[a](" * 3_000,
    "\\(" * 5_000,
    "__proto__: [__proto__] [constructor][toString]\n\n[__proto__]: https://ok.example/",
    "\u202egnp.exe\u202c \x00 \ufffe \x07",
]

OFFENCES = """(places) => [...document.querySelectorAll(`:is(${places}) *`)].flatMap((element) => {
  const allowed = "P H1 H2 H3 H4 H5 H6 UL OL LI BLOCKQUOTE HR PRE CODE DIV SPAN BUTTON TABLE THEAD TBODY TR TH TD A EM "
    + "STRONG S BR INPUT SUP";
  const bad = element.closest(".katex") || allowed.split(" ").includes(element.tagName) ? [] : [element.tagName];
  for (const {name, value} of element.attributes) {
    if (/^on|^src|^srcdoc|^action|^formaction|^xlink/.test(name)) bad.push(name);
    if (name === "href" && !/^(https?|mailto|tel):/.test(value)) bad.push(value);
    element.dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
  }
  return bad;
})"""
"""What no answer may become: elements, attributes and links, of all that is rendered in these places."""
