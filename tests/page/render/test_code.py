"""Blocks of code: their colours, and copying them."""

import re

import pytest
from playwright.async_api import expect

from tests.page.render.strict import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_it_colours_code_and_names_its_language(sheet, show):
    await show("```python\ndef f():\n    return 'x'\n```")
    await expect(sheet.locator(".code-language")).to_have_text("python")
    await expect(sheet.locator(".hljs-keyword")).to_have_text(["def", "return"])


async def test_it_colours_code_before_its_end(sheet):
    await sheet.evaluate("new AnswerView(answer).append('```js\\nconst a = 1;\\nlet b')")
    await expect(sheet.locator(".hljs-keyword")).to_have_text("const")
    await expect(sheet.locator("code")).to_have_text("const a = 1;\nlet b")


async def test_what_opens_on_one_line_colours_the_following_ones(sheet, show):
    await show('```python\nx = """one\ntwo\n"""\ny = 1\n```', pieces=12)
    await expect(sheet.locator(".hljs-string")).to_have_text(['"""one', "two", '"""'])


async def test_a_language_that_nobody_knows_stays_plain(sheet, show):
    await show("```nonsense\nif x\n```\n\n```\nif x\n```")
    await expect(sheet.locator("code span span span")).to_have_count(0)
    await expect(sheet.locator(".code-language")).to_have_text(["nonsense", "text"])


async def test_code_stays_readable_without_a_worker(sheet, show):
    await sheet.evaluate("window.Worker = class { constructor() { throw new Error('none'); } }; null")
    await show("```python\nif x: pass\n```")
    await expect(sheet.locator("pre code")).to_have_text("if x: pass\n")


async def test_the_copy_button_copies_the_code_and_says_so(sheet, show, context):
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await show("```js\nlet a = `<b>`;\n\n  b();\n```")
    await sheet.get_by_role("button", name="Copy code").focus()
    await sheet.keyboard.press("Enter")
    await expect(sheet.get_by_role("button", name="Copied")).to_have_text("Copied")
    assert await sheet.evaluate("navigator.clipboard.readText()") == "let a = `<b>`;\n\n  b();"


async def test_the_copy_button_works_without_the_clipboard_interface(sheet, show):
    await show("```\nplain\n```")
    await sheet.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); null")
    await sheet.evaluate("document.addEventListener('copy', () => { window.copied = getSelection().toString() })")
    await sheet.get_by_role("button", name="Copy code").click()
    await expect(sheet.get_by_role("button", name="Copied")).to_be_focused()
    assert await sheet.evaluate("copied") == "plain"


async def test_selected_code_is_the_code(sheet, show):
    code = "\n".join(f"line {number}" if number % 5 else "" for number in range(1, 150))
    await show(f"```python\n{code}\n```", pieces=20)
    await sheet.evaluate("getSelection().selectAllChildren(answer.querySelector('code'))")
    assert (await sheet.evaluate("getSelection().toString()")).rstrip("\n") == code


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_its_colours_are_readable(sheet, show, scheme):
    await sheet.emulate_media(color_scheme=scheme)
    await show("```js\nx\n```")
    kinds = re.findall(r"\.(hljs-[a-z_]+)", (STATIC / "chat" / "code.css").read_text())
    colours = await sheet.evaluate(
        """(kinds) => {
          const code = answer.querySelector("code");
          for (const kind of kinds) code.append(Object.assign(document.createElement("i"), {className: kind}));
          return [...answer.querySelectorAll("code i, .code-language, .code-copy")].map((part) => {
            const own = getComputedStyle(part);
            const clear = own.backgroundColor === "rgba(0, 0, 0, 0)";
            return [own.color, (clear ? getComputedStyle(part.closest(".code")) : own).backgroundColor];
          });
        }""",
        kinds,
    )
    assert len(colours) > 30
    assert [(front, back) for front, back in colours if contrast(front, back) < 4.5] == []


def contrast(*colours):
    """The contrast of two CSS colours, as WCAG 2 defines it."""
    lights = []
    for colour in colours:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    low, high = sorted(lights)
    return (high + 0.05) / (low + 0.05)
