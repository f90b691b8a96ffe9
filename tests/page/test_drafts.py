"""What was typed and is not taken yet: wherever its chat goes, it is somewhere where its writer finds it."""

import pytest
from playwright.async_api import expect

from tests.page.acts import ASKED, QUESTION, ask, item, opened
from tests.page.fake import exchange, exchanges

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KEPT = "() => Object.keys(localStorage).some((name) => name.includes('draft'))"


async def go(page, socket, fake, key):
    """To another conversation, by its link in the list."""
    await page.click(f"{item(key)} a")
    await socket.watched((), fake.chats[key][-1]["id"])


async def edit_first(page, text):
    await page.locator(QUESTION).first.hover()
    await page.locator(f"{QUESTION} [data-action=edit]").first.click()
    await page.fill("#text", text)


@pytest.mark.parametrize(("typed", "then"), [("", "for later"), ("about fruit", "about fruit\n\nfor later")])
async def test_what_waits_for_a_new_chat_is_there_after_the_chat_on_show_is_deleted(fake, page, two, typed, then):
    await page.goto(fake.url)
    socket = await fake.socket()
    await page.fill("#text", "for later")
    await go(page, socket, fake, two[0])
    await page.fill("#text", typed)
    await socket.send({"type": "conversation", "conversation": two[0], "deleted": True})
    await expect(page).to_have_url(f"{fake.url}/")
    await expect(page.locator("#text")).to_have_value(then)


async def test_an_edit_in_a_chat_that_is_deleted_is_a_text_for_a_new_one(fake, page, two):
    socket = await opened(fake, page, two[0])
    await page.fill("#text", "set aside")
    await edit_first(page, "Apples, edited")
    await socket.send({"type": "conversation", "conversation": two[0], "deleted": True})
    await expect(page).to_have_url(f"{fake.url}/")
    await expect(page.locator("#text")).to_have_value("Apples, edited\n\nset aside")
    await expect(page.locator("#editing")).to_be_hidden()


async def test_a_message_to_a_chat_that_was_deleted_comes_back_in_a_new_one(fake, page, two):
    fruit, trees = two
    socket = await opened(fake, page, fruit)
    await ask(page, "Plums?")
    command = await socket.expect("send")
    await go(page, socket, fake, trees)
    await socket.answer(command, "refused", code="not_found", message="This chat does not exist (any more).")
    await page.click("#new-chat")
    await expect(page.locator("#text")).to_have_value("Plums?")


async def test_a_tab_where_nothing_was_typed_takes_no_other_tabs_draft_away(fake, page, new_page, two):
    await page.goto(f"{fake.url}/c/{two[0]}/")
    other = await new_page()
    await other.goto(f"{fake.url}/c/{two[0]}/")
    await other.fill("#text", "typed here")
    await other.wait_for_function(KEPT)
    await page.goto(f"{fake.url}/c/{two[1]}/")
    third = await new_page()
    await third.goto(f"{fake.url}/c/{two[0]}/")
    await expect(third.locator("#text")).to_have_value("typed here")


async def test_an_edit_is_not_sent_as_a_new_question_where_the_old_one_is_not_on_the_page(fake, page):
    key = fake.chat(*exchanges(("First", "One"), ("Second", "Two")))
    socket = await opened(fake, page, key)
    await edit_first(page, "First, edited")
    other = fake.chats[key] = exchange("Other", "Else")
    frame = {"type": "turn", "conversation": key, "turn": other[1]["id"], "message": other[0]["id"], "parent": None}
    await socket.send({**frame, "text": "Other", "model": "", "regenerated": False})
    await expect(page.locator(ASKED)).to_have_text(["Other"])
    await socket.watched((), other[1]["id"])
    await page.press("#text", "Enter")
    await expect(page.locator("#composer-note")).to_contain_text("is not on the page now")
    assert await page.input_value("#text") == "First, edited"
    assert socket.commands.empty()


async def test_an_edit_on_its_way_stands_in_its_place_after_a_reload(fake, page):
    key = fake.chat(*exchanges(("First", "One"), ("Second", "Two")))
    socket = await opened(fake, page, key)
    await edit_first(page, "First, edited")
    await page.press("#text", "Enter")
    await socket.expect("send")
    await page.reload()
    await expect(page.locator(ASKED)).to_have_text("First, edited")
    socket = await fake.socket()
    await socket.watched((), fake.chats[key][-1]["id"])
    await socket.answer(await socket.expect("send"), "refused", code="busy", message="An answer is being made.")
    await expect(page.locator(ASKED)).to_have_text(["First", "Second"])
    await expect(page.locator("#text")).to_have_value("First, edited")


async def test_a_refused_edit_puts_nothing_back_that_was_read_anew(fake, page):
    key = fake.chat(*exchanges(("First", "One"), ("Second", "Two")))
    socket = await opened(fake, page, key)
    await edit_first(page, "First, edited")
    await page.press("#text", "Enter")
    await socket.expect("send")
    fake.chats[key] += exchange("Third", "Three", parent=fake.chats[key][-1]["id"])
    await socket.close(1012)
    socket = await fake.socket()
    await socket.watched((), fake.chats[key][-1]["id"])
    command = await socket.expect("send")
    await socket.watched((), fake.chats[key][-1]["id"])
    await socket.answer(command, "refused", code="busy", message="An answer is being made.")
    await expect(page.locator(ASKED)).to_have_text(["First", "Second", "Third"])
