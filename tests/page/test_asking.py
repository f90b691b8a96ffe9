"""Messages on their way: shown at once, sent exactly once, and given back where they were refused."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.page.acts import ANSWER, ASKED, BLOCKS, QUESTION, STATUS, ask, sees
from tests.page.fake import block, delta, ended, exchange, exchanges

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def opened(fake, page, *entries):
    conversation = fake.chat(*entries)
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), entries[-1]["id"])
    return conversation, socket


async def test_it_shows_a_question_at_once_and_the_answer_as_it_arrives(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Why is the sky blue?")
    await expect(page.locator(ASKED)).to_have_text("Why is the sky blue?")
    await expect(page.locator(STATUS)).to_have_text("Sending")
    conversation = fake.chat(*exchange("Why is the sky blue?", "Because air"))
    turn = fake.chats[conversation][1]["id"]
    command, _ = await socket.accept(conversation, turn=turn)
    assert command["text"] == "Why is the sky blue?"
    assert command["conversation"] is None
    assert command["parent"] is None
    assert command["model"] == "claude-sonnet-5-5"
    await expect(page.locator(STATUS)).to_have_text("Waiting for Claude")
    await socket.send(block(turn), delta(turn, 0, "Because"), delta(turn, 7, " air"), ended(turn, conversation))
    await sees(page, "complete")
    await expect(page.locator(BLOCKS)).to_have_text("Because air")
    await expect(page).to_have_url(f"{fake.url}/c/{conversation}/")
    await expect(page.locator("#announcer")).to_have_text("Answer complete.")
    await ask(page, "And red?")
    command, _ = await socket.accept(conversation)
    assert (command["conversation"], command["parent"]) == (conversation, turn)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("Bad \x00 text", {"code": "bad_text", "message": "Control characters are not allowed."}),
        (
            "Too dear",
            {
                "code": "over_budget",
                "message": "Your budget has $0.01 left. It starts anew tomorrow.",
                "retry_after": 60,
            },
        ),
    ],
)
async def test_it_gives_a_refused_text_back_with_the_sentence(fake, page, text, refusal):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, text)
    command = await socket.expect("send")
    await page.fill("#text", "typed since")
    await socket.answer(command, "refused", **refusal)
    await expect(page.locator("#composer-note")).to_have_text(refusal["message"])
    assert await page.input_value("#text") == f"{text}\n\ntyped since"
    await expect(page.locator(QUESTION)).to_have_count(0)
    await expect(page.locator("#send")).to_have_attribute("data-mode", "send")


async def test_it_sends_the_same_key_again_when_the_connection_broke(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Once")
    first = await socket.expect("send")
    await socket.close(1012)
    socket = await fake.socket()
    conversation = fake.chat()
    again, turn = await socket.accept(conversation)
    assert again["key"] == first["key"]
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 0}}
    await expect(page.locator(QUESTION)).to_have_count(1)


async def test_it_sends_one_message_through_a_storm_of_reconnects(fake, page):
    await page.goto(fake.url)
    keys = set()
    socket = await fake.socket()
    await ask(page, "Once")
    for _ in range(5):
        keys.add((await socket.expect("send"))["key"])
        await socket.close(1012)
        socket = await fake.socket()
    command, _ = await socket.accept(fake.chat())
    assert keys == {command["key"]}
    await expect(page.locator(QUESTION)).to_have_count(1)


async def test_it_keeps_a_message_that_was_written_without_a_connection(fake, page):
    fake.refuse_with = 1012
    await page.goto(fake.url)
    await ask(page, "Without a net")
    await expect(page.locator("#connection")).to_have_text("Reconnecting")
    fake.refuse_with = None
    socket = await fake.socket()
    command, _ = await socket.accept(fake.chat())
    assert command["text"] == "Without a net"
    await expect(page.locator("#connection")).to_be_hidden()


async def test_it_sends_after_a_reload_what_was_not_accepted(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Still here?")
    first = await socket.expect("send")
    await page.reload()
    await expect(page.locator(ASKED)).to_have_text("Still here?")
    socket = await fake.socket()
    conversation = fake.chat()
    again, turn = await socket.accept(conversation)
    assert again["key"] == first["key"]
    assert await page.input_value("#text") == ""
    await socket.watched((turn,), turn)
    await page.wait_for_function("() => Object.keys(localStorage).length === 0")


async def test_it_stops_what_is_not_accepted_yet_as_soon_as_it_is(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Never mind")
    command = await socket.expect("send")
    await page.click("#send")
    await expect(page.locator(STATUS)).to_have_text("Stopping")
    conversation, turn = fake.chat(), str(uuid4())
    await socket.answer(command, "accepted", conversation=conversation, message=str(uuid4()), turn=turn)
    assert (await socket.expect("stop"))["turn"] == turn
    await socket.send(ended(turn, conversation, "stopped"))
    await sees(page, "stopped")
    await expect(page.locator("#send")).to_have_attribute("data-mode", "send")


async def test_it_stops_after_a_reload_what_was_not_accepted_before_it(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Never mind")
    await socket.expect("send")
    await page.click("#send")
    await page.reload()
    await expect(page.locator(STATUS)).to_have_text("Stopping")
    socket = await fake.socket()
    _, turn = await socket.accept(fake.chat())
    commands = [await socket.expect("watch"), await socket.expect("stop")]
    assert commands[1]["turn"] == turn


async def test_it_stops_after_a_reload_what_the_server_had_accepted(fake, page):
    key = fake.chat(*exchange("Hi", "Hello"))
    await page.goto(f"{fake.url}/c/{key}/")
    socket = await fake.socket()
    await socket.watched((), fake.chats[key][-1]["id"])
    await ask(page, "Never mind")
    command = await socket.expect("send")
    await page.click("#send")
    fake.chats[key] += exchange("Never mind", "", parent=command["parent"], state="streaming")
    question, answer = fake.chats[key][-2:]
    await page.reload()
    socket = await fake.socket()
    await socket.watched((answer["id"],), answer["id"])
    await socket.accept(key, question["id"], answer["id"])
    assert (await socket.expect("stop"))["turn"] == answer["id"]
    await expect(page.locator(STATUS).last).to_have_text("Stopping")
    await expect(page.locator(QUESTION)).to_have_count(2)


async def test_it_takes_back_at_once_what_was_never_sent(fake, page):
    fake.refuse_with = 1012
    await page.goto(fake.url)
    await ask(page, "Too late")
    await page.click("#send")
    await expect(page.locator(QUESTION)).to_have_count(0)
    assert await page.input_value("#text") == "Too late"


async def test_it_sends_an_edited_question_beside_the_old_one(fake, page):
    entries = exchanges(("First", "One"), ("Second", "Two"))
    conversation, socket = await opened(fake, page, *entries)
    await page.fill("#text", "set aside")
    await page.locator(QUESTION).first.hover()
    await page.locator(f"{QUESTION} [data-action=edit]").first.click()
    assert await page.input_value("#text") == "First"
    await expect(page.locator("#editing")).to_be_visible()
    await ask(page, "First, edited")
    await expect(page.locator(ASKED)).to_have_text("First, edited")
    assert await page.input_value("#text") == "set aside"
    command = await socket.expect("send")
    assert (command["conversation"], command["parent"], command["text"]) == (conversation, None, "First, edited")
    await socket.answer(command, "refused", code="busy", message="An answer is being made.")
    await expect(page.locator(ASKED)).to_have_text(["First", "Second"])
    await expect(page.locator(BLOCKS)).to_have_text(["One", "Two"])
    await expect(page.locator("#editing")).to_be_visible()
    assert await page.input_value("#text") == "First, edited\n\nset aside"


async def test_it_makes_an_answer_again_in_place_of_the_old_one(fake, page):
    entries = exchange("Hi", "Hello")
    conversation, socket = await opened(fake, page, *entries)
    await page.locator(f"{ANSWER} [data-part=actions] [data-action=retry]").click()
    await expect(page.locator(STATUS)).to_have_text("Sending")
    command, turn = await socket.accept(conversation, entries[0]["id"])
    assert (command["type"], command["message"]) == ("regenerate", entries[1]["id"])
    frame = {"type": "turn", "conversation": conversation, "turn": turn, "message": entries[0]["id"], "parent": None}
    await socket.send({**frame, "text": "Hi", "model": "claude-sonnet-5-5", "regenerated": True})
    await socket.send(block(turn), delta(turn, 0, "Good day"))
    await expect(page.locator(BLOCKS)).to_have_text("Good day")
    await expect(page.locator(ASKED)).to_have_text("Hi")


async def test_it_puts_the_old_answer_back_where_another_was_refused(fake, page):
    _, socket = await opened(fake, page, *exchange("Hi", "Hello"))
    await page.locator(f"{ANSWER} [data-part=actions] [data-action=retry]").click()
    command = await socket.expect("regenerate")
    await socket.answer(command, "refused", code="too_fast", message="Wait a minute.", retry_after=60)
    await expect(page.locator(BLOCKS)).to_have_text("Hello")
    await expect(page.locator("#composer-note")).to_have_text("Wait a minute.")


async def test_it_keeps_a_second_message_while_the_first_is_answered(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "First")
    await page.type("#text", "Second")
    await page.press("#text", "Enter")
    await expect(page.locator("#composer-note")).to_contain_text("still answering")
    assert await page.input_value("#text") == "Second"
    await socket.accept(fake.chat())
    assert socket.commands.empty()


async def test_it_hears_of_its_own_turn_once_even_if_the_news_comes_first(fake, page):
    entries = exchange("Hi", "Hello")
    conversation, socket = await opened(fake, page, *entries)
    await ask(page, "Again")
    command = await socket.expect("send")
    message, turn = str(uuid4()), str(uuid4())
    frame = {"type": "turn", "conversation": conversation, "turn": turn, "message": message, "parent": entries[1]["id"]}
    await socket.send({**frame, "text": "Again", "model": "claude-sonnet-5-5", "regenerated": False})
    await socket.answer(command, "accepted", conversation=conversation, message=message, turn=turn)
    await socket.send(block(turn), delta(turn, 0, "Once"))
    await expect(page.locator(BLOCKS).last).to_have_text("Once")
    await expect(page.locator(ASKED)).to_have_text(["Hi", "Again"])
