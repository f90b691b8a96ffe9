"""Markdown that is still arriving: what it looks like by halves, what stays in place, and what each piece costs."""

import re

import pytest
from playwright.async_api import expect

from tests.page.render.markdown import cut_texts

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HALVES = {
    "a **bo": "<p>a <strong>bo</strong></p>",
    "a **bold*": "<p>a <strong>bold</strong></p>",
    "a **": "<p>a </p>",
    "a *b **c": "<p>a <em>b <strong>c</strong></em></p>",
    "2 * 3": "<p>2 * 3</p>",
    "snake_case": "<p>snake_case</p>",
    "a `co": "<p>a <code>co</code></p>",
    "a `": "<p>a </p>",
    "a ~~b": "<p>a <s>b</s></p>",
    "see [the te": "<p>see the te</p>",
    "see [the text](https://exa": "<p>see the text</p>",
    "see ![alt](https://exa": "<p>see alt</p>",
    "array[0": "<p>array[0</p>",
    "is \\(x": "<p>is </p>",
    "is $\\frac{1": "<p>is </p>",
    "for $5 a": "<p>for $5 a</p>",
    "a\n-": "<p>a</p>",
    "- a\n-": "<ul><li><p>a</p></li></ul>",
    "a\n#": "<p>a</p>",
    "``": "",
    "```py": "",
    "[ref]: https://exa": "<p></p>",
}
LONG = {
    "a paragraph": ("", "Some **words** of one `long` paragraph, "),
    "a paragraph without spaces": ("", "x" * 40),
    "code": ("```python\n", "value = compute('x')  # and\n"),
    "a list": ("", "- an *item* of a list\n"),
    "an item": ("- ", "words of one item "),
    "a quote": ("> ", "quoted words without an end "),
    "a table": ("| a | b |\n|---|---|\n", "| some **cell** | 2 |\n"),
}


@pytest.fixture
def half(sheet):
    """The elements of a text that has arrived character by character and may go on, in short."""

    async def half(text: str) -> str:
        html = await sheet.evaluate(
            """(text) => {
              answer.replaceChildren();
              const drawing = new Drawing(answer);
              for (const character of text) {
                drawing.take(character);
                drawing.advance(Infinity);
              }
              return answer.innerHTML;
            }""",
            text,
        )
        return re.sub(r' (?:dir|class|target|rel)="[^"]*"', "", html)

    return half


async def test_what_has_half_arrived_does_not_flash(half):
    for text, html in HALVES.items():
        assert await half(text) == html


async def test_an_unclosed_fence_shows_as_code(sheet, half):
    await half("```python\nx = 1\n# y")
    await expect(sheet.locator("pre code")).to_have_text("x = 1\n# y")


async def test_the_first_row_of_a_table_shows_as_a_table(sheet, half):
    for text in ("| a | b |", "| a | b |\n|--", "| a | b |\n|---|---|", "| a | b |\n|---|---|\n| 1"):
        await half(text)
        await expect(sheet.locator("th")).to_have_text(["a", "b"])
    await half("| a | b |\nprose")
    await expect(sheet.locator("th")).to_have_count(0)


async def test_however_a_text_is_cut_its_end_is_the_same(sheet):
    script = """async (texts) => {
      const drawn = texts.map(([text, cuts]) => {
        const [streamed, whole] = [document.createElement("div"), document.createElement("div")];
        const drawing = new Drawing(streamed);
        [0, ...cuts].forEach((start, index) => {
          drawing.take(text.slice(start, cuts[index] ?? text.length));
          drawing.advance(Infinity);
        });
        drawing.finish();
        const once = new Drawing(whole);
        once.take(text);
        once.finish();
        return [text, streamed, whole];
      });
      await settled();
      return drawn.map(([text, a, b]) => [text, a.innerHTML, b.innerHTML]).filter(([, a, b]) => a !== b);
    }"""
    for seed in range(4):
        assert await sheet.evaluate(script, cut_texts(seed, 150)) == []


async def test_a_view_ends_as_the_whole_text_looks(sheet, show):
    text = "".join(f"{text}\n\n" for text, _ in cut_texts(99, 12))
    streamed = await show(text, pieces=40)
    whole = await sheet.evaluate(
        """async (text) => {
          const place = document.createElement("div");
          const drawing = new Drawing(place);
          drawing.take(text);
          drawing.finish();
          await settled();
          return place.innerHTML;
        }""",
        text,
    )
    assert streamed == whole
    assert await sheet.evaluate("view.text") == text


async def test_closed_blocks_and_what_is_selected_in_them_stay(sheet):
    rest = "Now the rest | of it\n\n```js\nlet a\n```\n\n> more\n\n[x]: https://x.example\n"
    changes = await sheet.evaluate(
        """async (rest) => {
          const view = new AnswerView(answer);
          view.append("First *paragraph* here.\\n\\n- one\\n- two\\n\\n");
          await new Promise(requestAnimationFrame);
          getSelection().selectAllChildren(answer.querySelector("em"));
          const all = {subtree: true, childList: true, characterData: true, attributes: true};
          let changes = 0;
          const observer = new MutationObserver((records) => { changes += records.length; });
          for (const block of answer.children) observer.observe(block, all);
          for (const piece of rest) {
            view.append(piece);
            await new Promise(requestAnimationFrame);
          }
          await view.end();
          return changes;
        }""",
        rest,
    )
    assert changes == 0
    assert await sheet.evaluate("getSelection().toString()") == "paragraph"


@pytest.mark.parametrize("kind", LONG)
async def test_a_long_open_block_costs_no_more_per_piece_than_a_short_one(sheet, kind):
    early, late = await sheet.evaluate(
        """([head, piece]) => {
          const drawing = new Drawing(answer);
          drawing.take(head);
          const observer = new MutationObserver(() => {});
          observer.observe(answer, {subtree: true, childList: true, characterData: true});
          const halves = [0, 0];
          for (let sent = 0; sent < 1200; sent++) {
            drawing.take(piece);
            drawing.advance(Infinity);
            for (const record of observer.takeRecords()) halves[Math.floor(sent / 600)] += 1 + record.addedNodes.length;
          }
          return halves;
        }""",
        LONG[kind],
    )
    assert late <= 1.1 * early
    assert late < 600 * 60


async def test_it_draws_at_most_once_per_frame(sheet):
    frames = await sheet.evaluate("""async () => {
      let asked = 0;
      const real = requestAnimationFrame;
      window.requestAnimationFrame = (callback) => { asked++; return real(callback); };
      const view = new AnswerView(answer);
      for (let sent = 0; sent < 100; sent++) view.append("word ");
      const before = answer.childNodes.length;
      await new Promise(real);
      return [asked, before, answer.textContent.trim().length];
    }""")
    assert frames == [1, 0, 499]


async def test_colours_and_formulas_come_with_the_frames_of_the_text(sheet):
    apart = await sheet.evaluate("""async () => {
      let [drawing, apart] = [false, 0];
      const real = requestAnimationFrame;
      window.requestAnimationFrame = (draw) => real((now) => { drawing = true; draw(now); drawing = false; });
      const view = new AnswerView(answer);
      const replace = Element.prototype.replaceChildren;
      Element.prototype.replaceChildren = function (...nodes) {
        if (this.isConnected && !drawing) apart++;
        replace.apply(this, nodes);
      };
      const seen = (selector) => answer.querySelector(selector) !== null;
      for (let sent = 0; sent < 2000 && !(seen(".hljs-number") && seen(".katex")); sent++) {
        view.append(sent ? `value = ${sent}\\n` : "So $x^2$ it is:\\n\\n```python\\n");
        await new Promise((done) => setTimeout(done, 5));
      }
      return seen(".hljs-number") && seen(".katex") ? apart : "neither";
    }""")
    assert apart == 0


async def test_a_text_that_goes_on_keeps_its_elements_and_another_one_replaces_them(sheet):
    kept = await sheet.evaluate("""async () => {
      const view = new AnswerView(answer);
      view.setText("One\\n\\nTwo");
      await new Promise(requestAnimationFrame);
      const first = answer.firstChild;
      view.setText("One\\n\\nTwo and more");
      await view.end();
      return first === answer.firstChild;
    }""")
    assert kept
    await expect(sheet.locator("#answer p")).to_have_text(["One", "Two and more"])
    await sheet.evaluate(
        "async () => { const v = new AnswerView(answer); v.append('One'); v.setText('Two'); v.end(); }"
    )
    await expect(sheet.locator("#answer p")).to_have_text(["Two"])


async def test_text_after_the_end_is_drawn_too(sheet, show):
    await show("One")
    await sheet.evaluate("view.append(' and two'); view.end()")
    await expect(sheet.locator("#answer p")).to_have_text(["One and two"])


async def test_text_that_piled_up_is_drawn_in_slices(sheet):
    steps = await sheet.evaluate("""async () => {
      const view = new AnswerView(answer);
      const steps = [];
      new MutationObserver(() => steps.push(answer.children.length)).observe(answer, {childList: true});
      for (let sent = 0; sent < 1500; sent++) view.append(`A **long** answer.\\n\\n${"words ".repeat(40)}\\n\\n`);
      await view.end();
      return steps;
    }""")
    assert steps[-1] == 3000
    assert len(steps) > 3


async def test_a_drawing_that_fails_stops_no_other(sheet):
    told = await sheet.evaluate("""async () => {
      const beside = document.body.appendChild(document.createElement("div"));
      const told = [];
      window.reportError = (error) => told.push(error.message);
      answer.append = () => { throw new Error("broken"); };
      new AnswerView(answer).append("One");
      new AnswerView(beside).append("Two");
      await new Promise((done) => {
        new MutationObserver(done).observe(beside, { childList: true });
        setTimeout(done, 5_000);
      });
      return [...told, beside.textContent];
    }""")
    assert told == ["broken", "Two"]


async def test_no_word_is_lost_where_a_browser_translates_the_page(sheet):
    translated, shown = await sheet.evaluate("""async () => {
      const view = new AnswerView(answer);
      view.append("One *two* three");
      await new Promise(requestAnimationFrame);
      const texts = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT);
      const found = [];
      while (texts.nextNode()) found.push(texts.currentNode);
      for (const text of found) {
        const font = document.createElement("font");
        font.textContent = text.data.toUpperCase();
        text.replaceWith(font);
      }
      const translated = answer.textContent;
      view.append(" and *four*.");
      await view.end();
      return [translated, answer.textContent];
    }""")
    assert (translated, shown) == ("ONE TWO THREE", "One two three and four.")
