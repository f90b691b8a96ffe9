"""Answers as they arrive, on a socket that the test plays: order, gaps, reconnecting, other tabs."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.page import acts
from tests.page.acts import ANSWER, ASKED, BLOCKS, FAILURE, QUESTION, STATUS, ask, drawn, sees
from tests.page.fake import block, delta, ended, exchange, saying

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


# `away(hidden, ms)`: so much later the page is hidden, or shown.
BE_AWAY = """() => {
  const clock = performance.now.bind(performance);
  let [hidden, passed] = [false, 0];
  Object.defineProperty(document, "hidden", { get: () => hidden });
  performance.now = () => clock() + passed;
  window.away = (now, ms) => {
    hidden = now;
    passed += ms;
    document.dispatchEvent(new Event("visibilitychange"));
  };
}"""


@pytest.fixture
def running(fake):
    """A conversation whose answer is being made, and the id of its turn."""
    conversation = fake.chat(*exchange("Hi", "", state="streaming"))
    return conversation, fake.chats[conversation][1]["id"]


async def opened(fake, page, conversation, turn):
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 0}}
    return socket


async def test_it_asks_for_what_a_gap_lost_counting_code_points(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "One 👩‍👧 "), delta(turn, 12, "lost"))
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 8}}
    await socket.send(block(turn), delta(turn, 8, "two three"), ended(turn, conversation))
    await expect(page.locator(BLOCKS)).to_have_text("One 👩‍👧 two three")


async def test_it_is_deaf_to_an_earlier_watch_until_the_later_one_is_answered(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "One"), delta(turn, 9, "gap"))
    command = await socket.expect("watch")
    await socket.send(delta(turn, 3, "stray"), delta(turn, 8, "stray"))
    await socket.answer(command, "watching", conversation=conversation, head=turn, turns=[turn])
    await socket.send(delta(turn, 3, ", two"), ended(turn, conversation))
    await sees(page, "complete")
    await expect(page.locator(BLOCKS)).to_have_text("One, two")


async def test_it_asks_again_where_the_service_could_not_reach_its_database(fake, page, running):
    conversation, turn = running
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.answer(await socket.expect("watch"), "refused", code="unavailable", message="No.", retry_after=5)
    await socket.watched((turn,), turn)
    await socket.send(block(turn), delta(turn, 0, "Here"), ended(turn, conversation))
    await expect(page.locator(BLOCKS)).to_have_text("Here")


async def test_it_goes_on_after_a_reconnect_where_it_was(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "Before"))
    await expect(page.locator(BLOCKS)).to_have_text("Before")
    await socket.close(1012)
    socket = await fake.socket()
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 6}}
    await socket.send(block(turn), delta(turn, 6, " and after"), ended(turn, conversation))
    await expect(page.locator(BLOCKS)).to_have_text("Before and after")
    await expect(page.locator("#connection")).to_be_hidden()


async def test_it_replaces_what_the_server_had_rendered_of_an_open_answer(fake, page):
    conversation = fake.chat(*exchange("Hi", "Half of", state="streaming"))
    turn = fake.chats[conversation][1]["id"]
    socket = await opened(fake, page, conversation, turn)
    await expect(page.locator(BLOCKS)).to_have_text("Half of")
    await socket.send(block(turn), delta(turn, 0, "Half of the truth"))
    await expect(page.locator(BLOCKS)).to_have_text("Half of the truth")


async def test_it_reads_the_transcript_again_when_it_missed_a_message(fake, page, running):
    conversation, _ = running
    socket = await opened(fake, page, *running)
    await drawn(page)
    fake.chats[conversation] = [*exchange("Hi", "Hello"), *exchange("And?", "More")]
    await socket.close(1012)
    socket = await fake.socket()
    await socket.watched((), fake.chats[conversation][-1]["id"])
    await expect(page.locator(ASKED)).to_have_text(["Hi", "And?"])
    await expect(page.locator(BLOCKS)).to_have_text(["Hello", "More"])


async def test_it_shows_a_message_that_another_tab_sent(fake, page):
    conversation = fake.chat(*exchange("Hi", "Hello"))
    leaf = fake.chats[conversation][-1]["id"]
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), leaf)
    turn = str(uuid4())
    frame = {"type": "turn", "conversation": conversation, "turn": turn, "message": str(uuid4()), "parent": leaf}
    await socket.send({**frame, "text": "From the other tab", "model": "claude-sonnet-5-5", "regenerated": False})
    await socket.send(block(turn), delta(turn, 0, "Here too"))
    await expect(page.locator(ASKED).last).to_have_text("From the other tab")
    await expect(page.locator(BLOCKS).last).to_have_text("Here too")
    await expect(page.locator("#send")).to_have_attribute("data-mode", "stop")


async def test_it_turns_from_an_earlier_page_to_a_message_that_another_tab_sent(fake, page):
    conversation = fake.chat(*exchange("Hi", "Hello"))
    leaf = fake.chats[conversation][-1]["id"]
    fake.early.add(conversation)
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), leaf)
    fake.early.clear()
    fake.chats[conversation] += exchange("And now?", "Here", parent=leaf)
    question, answer = fake.chats[conversation][-2:]
    frame = {"type": "turn", "conversation": conversation, "turn": answer["id"], "message": question["id"]}
    await socket.send({**frame, "parent": leaf, "text": "And now?", "model": "", "regenerated": False})
    await expect(page.locator("[data-action=later]")).to_have_count(0)
    await expect(page.locator(ASKED)).to_have_text(["Hi", "And now?"])


async def test_it_reads_later_what_it_could_not_read_when_another_tab_began_it(fake, page):
    conversation = fake.chat(*exchange("Hi", "Hello"))
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), fake.chats[conversation][-1]["id"])
    question, answer = fake.chats[conversation] = exchange("Hi again", "Hello again")
    frame = {"type": "turn", "conversation": conversation, "turn": answer["id"], "message": question["id"]}
    async with page.expect_event("requestfailed"):
        await page.route("**/transcript/*", lambda route: route.abort())
        await socket.send({**frame, "parent": None, "text": "Hi again", "model": "", "regenerated": False})
    await page.unroute("**/transcript/*")
    await socket.close(1012)
    socket = await fake.socket()
    await socket.watched((), answer["id"])
    await expect(page.locator(ASKED)).to_have_text("Hi again")


async def test_it_is_brought_up_to_date_for_a_reader_who_was_away_for_long(fake, page, two):
    socket = await acts.opened(fake, page, two[0])
    await page.evaluate(BE_AWAY)
    await page.evaluate("away(true, 0); away(false, 30_000)")
    fake.chats[two[0]] += exchange("Since", "Then", parent=fake.chats[two[0]][-1]["id"])
    moss = fake.chat(title="Moss")
    assert socket.commands.empty()
    await page.evaluate("away(true, 0); away(false, 301_000)")
    await socket.watched((), fake.chats[two[0]][-1]["id"])
    await expect(page.locator(ASKED)).to_have_text(["Apples", "Since"])
    await expect(page.locator(acts.item(moss))).to_be_visible()


async def test_it_follows_a_branch_that_another_tab_began(fake, page):
    first = exchange("Hi", "Hello")
    conversation = fake.chat(*first)
    await page.goto(f"{fake.url}/c/{conversation}/")
    socket = await fake.socket()
    await socket.watched((), first[1]["id"])
    await expect(page.locator(ASKED)).to_have_text("Hi")
    second = exchange("Hi again", "", state="streaming")
    turn = second[1]["id"]
    fake.chats[conversation] = second
    frame = {"type": "turn", "conversation": conversation, "turn": turn, "message": second[0]["id"], "parent": None}
    await socket.send({**frame, "text": "Hi again", "model": "claude-sonnet-5-5", "regenerated": False})
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 0}}
    await expect(page.locator(ASKED)).to_have_text("Hi again")


async def test_it_says_how_far_the_answer_is(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    status = {"type": "status", "turn": turn, "attempt": 1}
    await socket.send({**status, "state": "waiting"})
    await expect(page.locator(STATUS)).to_have_text("Waiting for Claude")
    await socket.send({**status, "state": "retrying", "message": "Claude is busy.", "retry_in": 3})
    await expect(page.locator(STATUS)).to_have_text("Claude is busy. Trying again in 3 s (attempt 2).")
    await socket.send(block(turn, 0, "thinking"), delta(turn, 0, "Let me see"))
    await expect(page.locator(STATUS)).to_have_text("Thinking")
    await expect(page.locator(f"{BLOCKS} details")).not_to_have_attribute("open", "")
    await socket.send(block(turn, 0, "thinking", done=True), block(turn, 1), delta(turn, 0, "Well", index=1))
    await expect(page.locator(STATUS)).to_have_text("Writing")
    await socket.send(ended(turn, conversation, "stopped"))
    await sees(page, "stopped")


async def test_it_shows_tools_and_what_they_found(fake, page, running):
    _, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn, 0, "server_tool_use", name="web_search"), delta(turn, 0, '{"query": "x"}'))
    await expect(page.locator(f"{BLOCKS} [data-part=summary]")).to_have_text("Web search")
    await socket.send(block(turn, 0, "server_tool_use", done=True, name="web_search", input={"query": "air"}))
    found = [{"type": "web_search_result", "url": "https://a.example/", "title": "<b>A</b>"}, {"url": "javascript:x"}]
    await socket.send(block(turn, 1, "web_search_tool_result", done=True, content=found))
    await expect(page.locator(f"{BLOCKS} [data-part=hint]").first).to_have_text("air")
    await expect(page.locator(f"{BLOCKS} [data-part=summary]").last).to_have_text("1 result")
    await page.locator(f"{BLOCKS} summary").last.click()
    await expect(page.locator(f"{BLOCKS} a")).to_have_text("<b>A</b>")


async def test_it_says_what_went_wrong_in_words_and_keeps_the_text(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    error = {"code": "overloaded", "message": "Claude is busy right now.", "detail": "529", "request_id": "req_1"}
    await socket.send(block(turn), delta(turn, 0, "So far"))
    await socket.send({**ended(turn, conversation, "failed"), "error": {**error, "retryable": True}})
    await expect(page.locator(f"{FAILURE} [data-part=sentence]")).to_have_text("Claude is busy right now.")
    await expect(page.locator(BLOCKS)).to_have_text("So far")
    await expect(page.locator("#announcer")).to_have_text("The answer failed. Claude is busy right now.")
    await page.locator(f"{FAILURE} summary").click()
    await expect(page.locator(f"{FAILURE} [data-part=request]")).to_have_text("req_1")
    await page.locator(f"{FAILURE} button").click()
    command, again = await socket.accept(conversation, fake.chats[conversation][0]["id"])
    assert command["message"] == turn
    await socket.send(block(again), delta(again, 0, "Now it works"))
    await expect(page.locator(BLOCKS)).to_have_text("Now it works")


async def test_it_takes_an_interrupted_answer_as_the_server_kept_it(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "Kept and not kept"))
    failure = {"sentence": "The server stopped."}
    fake.chats[conversation][1] |= saying("Kept") | {"state": "interrupted", "failure": failure}
    await socket.send(ended(turn, conversation, "interrupted"))
    await expect(page.locator(BLOCKS)).to_have_text("Kept")
    await expect(page.locator(f"{FAILURE} [data-part=sentence]")).to_have_text("The server stopped.")


async def test_it_loses_no_token_that_comes_ahead_of_accepted(fake, page):
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Quick?")
    command = await socket.expect("send")
    conversation, turn = fake.chat(), str(uuid4())
    await socket.send(block(turn), delta(turn, 0, "Very"))
    await socket.answer(command, "accepted", conversation=conversation, message=str(uuid4()), turn=turn)
    await socket.send(delta(turn, 4, " quick"))
    await expect(page.locator(BLOCKS)).to_have_text("Very quick")


async def test_it_draws_once_per_frame_however_many_pieces_come(fake, page, running):
    _, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "x"))
    await expect(page.locator(BLOCKS)).to_have_text("x")
    await page.evaluate("""() => {
        window.draws = 0; window.frames = 0;
        const count = () => { window.frames += 1; requestAnimationFrame(count); };
        requestAnimationFrame(count);
        new MutationObserver(() => (window.draws += 1)).observe(document.querySelector("#transcript"),
            {childList: true, characterData: true, subtree: true});
    }""")
    await socket.send(*(delta(turn, 1 + number, "y") for number in range(500)))
    await expect(page.locator(BLOCKS)).to_have_text("x" + "y" * 500)
    assert await page.evaluate("window.draws <= window.frames + 1")


async def test_it_follows_the_answer_only_while_the_reader_is_at_its_end(fake, page, running):
    _, turn = running
    socket = await opened(fake, page, *running)
    await socket.send(block(turn), delta(turn, 0, "line\n\n" * 100))
    at_end = "() => document.documentElement.scrollHeight - innerHeight - scrollY < 4"
    await page.wait_for_function(f"() => scrollY > 500 && ({at_end})()")
    await page.mouse.move(640, 300)
    await page.mouse.wheel(0, -400)
    await page.wait_for_function(f"() => !({at_end})()")
    where = await page.evaluate("scrollY")
    await socket.send(delta(turn, 600, "more\n\n" * 100))
    await expect(page.locator("#new-text")).to_be_visible()
    assert await page.evaluate("scrollY") == where
    await page.click("#new-text")
    await page.wait_for_function(at_end)
    await socket.send(delta(turn, 1200, "yet more\n\n" * 100))
    await expect(page.locator(BLOCKS)).to_contain_text("yet more")
    await page.wait_for_function(at_end)
    await expect(page.locator("#new-text")).to_be_hidden()


async def test_it_opens_at_the_end_and_renders_only_what_is_near(fake, page):
    entries = []
    for number in range(40):
        entries += exchange(f"Question {number}", f"Answer {number}\n\n" + "word " * 200)
    conversation = fake.chat(*entries)
    await page.goto(f"{fake.url}/c/{conversation}/")
    await expect(page.locator(ANSWER).last).to_be_in_viewport()
    await expect(page.locator(QUESTION).first).not_to_be_in_viewport()


async def test_it_reads_a_sentence_that_citations_cut_as_one(fake, page, running):
    conversation, turn = running
    socket = await opened(fake, page, *running)
    cited = [{"type": "web_search_result_location", "url": "https://a.example/", "title": "A", "cited_text": "air"}]
    await socket.send(block(turn), delta(turn, 0, "The sky is "), block(turn, done=True))
    await socket.send(block(turn, 1), delta(turn, 0, "**blue**", index=1))
    await socket.send(block(turn, 1, done=True, citations=cited), block(turn, 2), delta(turn, 0, ".", index=2))
    await socket.send(ended(turn, conversation))
    await expect(page.locator(f"{BLOCKS} p")).to_have_text("The sky is blue1.")
    await expect(page.locator(f"{BLOCKS} p a")).to_have_attribute("href", "https://a.example/")
