"""The box that messages are written in: keys, drafts, limits, editing."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.page.acts import ASKED, QUESTION, ask
from tests.page.fake import LIMITS, exchanges, saying

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def conversation(fake):
    return fake.chat(*exchanges(("First", "One"), ("Second", "Two")))


async def opened(fake, page, conversation):
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), fake.chats[conversation][-1]["id"])
    return socket


async def test_it_breaks_the_line_with_shift_and_enter_and_grows(fake, page):
    await page.goto(fake.url)
    before = await page.locator("#text").bounding_box()
    for line in ("one", "two", "three"):
        await page.type("#text", line)
        await page.press("#text", "Shift+Enter")
    assert await page.input_value("#text") == "one\ntwo\nthree\n"
    after = await page.locator("#text").bounding_box()
    assert after["height"] > before["height"]
    await expect(page.locator(QUESTION)).to_have_count(0)


async def test_it_does_not_send_the_enter_that_ends_a_composition(fake, page):
    await page.goto(fake.url)
    await page.fill("#text", "にほん")
    await page.dispatch_event("#text", "keydown", {"key": "Enter", "isComposing": True})
    await page.dispatch_event("#text", "keydown", {"key": "Enter", "keyCode": 229})
    await expect(page.locator(QUESTION)).to_have_count(0)
    assert await page.input_value("#text") == "にほん"


async def test_it_sends_nothing_where_there_is_only_white_space(fake, page):
    await page.goto(fake.url)
    await page.fill("#text", " \n ")
    await expect(page.locator("#send")).to_be_disabled()
    await page.press("#text", "Enter")
    await expect(page.locator(QUESTION)).to_have_count(0)


async def test_it_keeps_a_draft_for_each_conversation_across_reloads(fake, page, conversation):
    await page.goto(fake.url)
    await page.fill("#text", "for a new one")
    await page.goto(f"{fake.url}/c/{conversation}/")
    assert await page.input_value("#text") == ""
    await page.fill("#text", "for this one")
    await page.reload()
    assert await page.input_value("#text") == "for this one"
    await page.click("#new-chat")
    await expect(page.locator("#text")).to_have_value("for a new one")


async def test_it_tells_the_limit_and_sends_nothing_over_it(fake, page):
    await page.goto(fake.url)
    await fake.socket()
    await page.fill("#text", "😀" * LIMITS["text"])
    await expect(page.locator("#composer-note")).to_have_text("")
    await page.fill("#text", "😀" * (LIMITS["text"] + 1))
    await page.press("#text", "Enter")
    await expect(page.locator("#composer-note")).to_have_text("Too long: 1,001 characters, and 1,000 is the limit.")
    await expect(page.locator(QUESTION)).to_have_count(0)
    assert len(await page.input_value("#text")) == LIMITS["text"] + 1


async def test_it_edits_the_last_question_with_the_up_key_and_escape_leaves_it(fake, page, conversation):
    await opened(fake, page, conversation)
    await page.press("#text", "ArrowUp")
    assert await page.input_value("#text") == "Second"
    await page.press("#text", "Escape")
    assert await page.input_value("#text") == ""
    await expect(page.locator("#editing")).to_be_hidden()
    await page.fill("#text", "line")
    await page.press("#text", "ArrowUp")
    assert await page.input_value("#text") == "line"


async def test_it_goes_on_editing_after_a_reload(fake, page, conversation):
    await opened(fake, page, conversation)
    await page.press("#text", "ArrowUp")
    await page.type("#text", ", changed")
    await page.reload()
    assert await page.input_value("#text") == "Second, changed"
    await expect(page.locator("#editing")).to_be_visible()
    socket = await fake.socket()
    await socket.watched((), fake.chats[conversation][-1]["id"])
    await page.press("#text", "Enter")
    command = await socket.expect("send")
    assert command["parent"] == fake.chats[conversation][1]["id"]
    await expect(page.locator(ASKED).last).to_have_text("Second, changed")


async def test_it_keeps_what_was_typed_ahead_of_the_scripts(fake, page, context):
    loading = asyncio.Event()

    async def late(route):
        await loading.wait()
        await route.continue_()

    await context.route("**/app.js", late)
    await page.goto(fake.url, wait_until="commit")
    await page.type("#text", "Fast fingers")
    loading.set()
    await fake.socket()
    assert await page.input_value("#text") == "Fast fingers"
    await expect(page.locator("#send")).to_be_enabled()


async def test_it_starts_with_a_suggestion(fake, page):
    await page.goto(fake.url)
    await page.click("[data-action=start]")
    await expect(page.locator("#text")).to_have_value("Explain hash tables.")
    await expect(page.locator("#text")).to_be_focused()


async def test_it_copies_the_source_of_a_message(fake, page, context, conversation):
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    fake.chats[conversation][-1] |= saying("**Two**")
    await opened(fake, page, conversation)
    await page.locator("[data-action=copy]").last.click()
    await expect(page.locator("#announcer")).to_have_text("Copied.")
    assert await page.evaluate("navigator.clipboard.readText()") == "**Two**"


async def test_it_sends_the_model_that_is_picked(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await page.select_option("#model", "claude-haiku-5-5")
    await ask(page, "Short")
    command, _ = await socket.accept(fake.chat())
    assert command["model"] == "claude-haiku-5-5"
