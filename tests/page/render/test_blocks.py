"""Finished Markdown: what each construct looks like, and where links, images and citations lead."""

import re

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MEANINGS = {
    "# One\n\nTwo\n===\n": "<h1>One</h1><h1>Two</h1>",
    "a *b* **c** ~~d~~ `e`": "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>",
    "- a\n- b": '<ul class="tight"><li><p>a</p></li><li><p>b</p></li></ul>',
    "- a\n\n- b": "<ul><li><p>a</p></li><li><p>b</p></li></ul>",
    "3. a\n   - b": '<ol start="3" class="tight"><li><p>a</p><ul class="tight"><li><p>b</p></li></ul></li></ol>',
    "> a\nb": "<blockquote><p>a\nb</p></blockquote>",
    "a\\\nb<br>c": "<p>a<br>b<br>c</p>",
    "<b>a</b> &lt; &nope;": "<p>&lt;b&gt;a&lt;/b&gt; &lt; &amp;nope;</p>",
    "[a][b]\n\n[b]: https://b.example/x": '<p><a href="https://b.example/x">a</a></p>',
    "---": "<hr>",
    "\\*a\\* &copy; &#42;": "<p>*a* © *</p>",
}
MATHS = ["$x^2$", "$$x^2$$", "\\(x^2\\)", "\\[x^2\\]", "$$\nx^2\n$$", "\\[\nx^2\n\\]", "> $$\n> x^2\n> $$"]
MONEY = [
    *("$5 and $6", "from $5 to $10,", "($5/$6)", "US$5 or A$6", "$1,000-$2,000", "$20k–$30k", "\\$a\\$", "$ a $"),
    *("$5, or 6$", "$5 for x, and 10$"),
]


async def test_it_draws_what_markdown_means(show):
    for text, html in MEANINGS.items():
        drawn = await show(text)
        assert re.sub(r' (?:dir|target|rel)="[^"]*"', "", drawn) == html


async def test_it_draws_tables_with_their_alignment(sheet, show):
    await show("| a | b | c |\n|:--|:-:|--:|\n| 1 | `x \\| y` |\n")
    await expect(sheet.locator("th")).to_have_text(["a", "b", "c"])
    await expect(sheet.locator("td")).to_have_text(["1", "x | y", ""])
    await expect(sheet.locator("td").nth(2)).to_have_class("align-end")
    await expect(sheet.locator("td").nth(1)).to_have_css("text-align", "center")


async def test_it_draws_tasks_that_cannot_be_changed(sheet, show):
    await show("- [x] done\n- [ ] open\n")
    boxes = sheet.get_by_role("checkbox", disabled=True)
    assert [await box.is_checked() for box in await boxes.all()] == [True, False]


async def test_it_typesets_maths(sheet, show):
    for maths in MATHS:
        await show(f"Look:\n\n{maths}\n", pieces=5)
        await expect(sheet.locator(".math .katex")).to_have_count(1)
        await expect(sheet.locator("annotation")).to_have_text("x^2")


async def test_prices_are_no_maths(sheet, show):
    for money in MONEY:
        await show(f"It costs {money} today.")
        await expect(sheet.locator(".math")).to_have_count(0)
        await expect(sheet.locator("p")).to_have_text(f"It costs {money} today.".replace("\\", ""))


async def test_wrong_maths_stays_readable(sheet, show):
    await show("$\\frac{1$ and\n\n$$\n\\nope{\n$$\n")
    await expect(sheet.locator(".math")).to_have_text(["\\frac{1", "\\nope{"])
    await expect(sheet.locator(".katex")).to_have_count(0)


async def test_links_open_elsewhere_and_tell_nothing(sheet, show):
    await show("[a](https://a.example/ 'T') b@c.example https://d.example [e](/inside) [f](#x)")
    links = await sheet.locator("#answer a").evaluate_all("(all) => all.map((a) => [a.href, a.target, a.rel])")
    assert [href for href, *_ in links] == ["https://a.example/", "mailto:b@c.example", "https://d.example/"]
    assert {(target, rel) for _, target, rel in links} == {("_blank", "noopener noreferrer nofollow")}


async def test_images_become_links_with_their_description(sheet, show):
    await show("![A red boat](https://i.example/boat.png) ![](https://i.example/x.png)")
    await expect(sheet.locator("#answer img")).to_have_count(0)
    await expect(sheet.get_by_role("link")).to_have_text(["A red boat", "Image"])


async def test_citations_are_numbered_links_behind_the_text(sheet, show):
    sources = [
        {"type": "web_search_result_location", "url": "https://a.example/", "title": "A & B", "cited_text": "said"},
        {"type": "web_search_result_location", "url": "javascript:harmed()", "title": "Bad"},
        {"type": "web_search_result_location", "url": "https://c.example/", "title": None},
        {"type": "web_search_result_location", "url": "https://a.example/", "title": "A & B", "cited_text": "more"},
        {"type": "char_location", "document_title": "A file"},
    ]
    await show("It is **so**.", citations=sources)
    marks = sheet.locator("p sup.citation a")
    await expect(marks).to_have_text(["1", "2"])
    await expect(marks.first).to_have_accessible_name("Source 1: A & B")
    await expect(marks.nth(1)).to_have_attribute("href", "https://c.example/")
    await expect(sheet.locator("p")).to_have_text("It is so.12")


async def test_citations_find_a_place_behind_every_kind_of_block(sheet, show):
    ends = [
        "```\ncode\n```",
        "```\ncode",
        "| a |\n|---|\n| b |",
        "- item",
        "# head",
        "[a]: https://a.example/",
        "",
        "> a",
    ]
    for text in ends:
        await show(text, citations=[{"url": "https://a.example/", "title": "A"}])
        await expect(sheet.locator("p > sup.citation a")).to_have_text("1")
        assert "\ue000" not in await sheet.inner_text("#answer")


async def test_citations_can_stand_inside_the_text(sheet):
    await sheet.evaluate("""async () => {
      window.view = new AnswerView(answer);
      view.append("One");
      view.cite([{url: "https://a.example/", title: "A"}]);
      view.append(" and two");
      view.cite([{url: "https://b.example/", title: "B"}, {url: "https://a.example/", title: "A"}]);
      view.append(".");
      await view.end();
    }""")
    await expect(sheet.locator("p")).to_have_text("One1 and two21.")
    assert await sheet.evaluate("view.text") == "One and two."


async def test_each_block_takes_the_direction_of_its_words(sheet, show):
    await show("שלום עולם\n\nhello\n\n- مرحبا\n\n```\nx\n```")
    blocks = sheet.locator("#answer > *")
    directions = await blocks.evaluate_all("(all) => all.map((one) => getComputedStyle(one).direction)")
    assert directions == ["rtl", "ltr", "rtl", "ltr"]


async def test_code_tables_and_maths_scroll_inside_themselves(sheet, show):
    await sheet.set_viewport_size({"width": 360, "height": 740})
    long = "wide" * 60
    row = "|".join(["some wide cell"] * 12)
    table = f"|{row}|\n|{'---|' * 12}\n|{row}|"
    await show(f"https://x.example/{long}\n\n`{long}`\n\n```\n{long}\n```\n\n{table}\n\n$$\n{'a+' * 90}b\n$$\n")
    assert await sheet.evaluate("document.documentElement.scrollWidth") <= 360
    for inner in ("pre", ".table", ".math-display"):
        assert await sheet.locator(inner).evaluate("(box) => box.scrollWidth > box.clientWidth"), inner
