"""The whole way of an answer, from the simulator to what a reader sees, through whatever happens to the page."""

import asyncio
import time

import pytest
from playwright.async_api import expect

from tests.page.acts import ANSWER, BLOCKS, QUESTION, STATUS, ask, sees
from tests.page.site import raw_text

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("alice_in"),
]

META = f"{ANSWER} [data-part=meta]"


async def begin(site, page, text="Tell me", url="", **directive):
    """Ask, and wait until the answer has begun."""
    site.simulator.direct(directive, text)
    await page.goto(f"{url or site.url}/")
    await ask(page, text)
    await page.wait_for_function("(blocks) => document.querySelector(blocks)?.textContent.length > 20", arg=BLOCKS)


async def is_whole(site, page, text="Tell me"):
    """The page has what the database has, and that is what was sent."""
    await sees(page, "complete")
    shown, kept, sent = await raw_text(page), (await site.answer(page)).text, site.calls(text)[-1].text
    assert shown == kept == sent
    return shown


async def test_300_tokens_at_40_a_second_arrive_complete_and_in_order(site, page):
    await begin(site, page, tokens=300, speed=40)
    await expect(page.locator(STATUS)).to_have_text("Writing")
    await expect(page.locator("#send")).to_have_attribute("data-mode", "stop")
    await is_whole(site, page)
    await expect(page.locator("#send")).to_have_attribute("data-mode", "send")
    await expect(page.locator(f"{META} [data-meta=tokens]")).to_contain_text("tokens")
    await expect(page.locator(f"{META} [data-meta=cost]")).to_contain_text("$")
    await expect(page.locator(f"{META} [data-meta=seconds]")).to_contain_text(" s")


@pytest.mark.parametrize("kind", ["markdown", "unicode", "code"])
async def test_100_kilobytes_arrive_complete(site, page, kind):
    await begin(site, page, generate=kind, size=100_000, speed=0, per_event=20)
    assert len(await is_whole(site, page)) == 100_000


async def test_a_reload_in_the_middle_misses_nothing(site, page):
    await begin(site, page, tokens=400, speed=100)
    await page.reload()
    await is_whole(site, page)
    await expect(page.locator(QUESTION)).to_have_count(1)


async def test_leaving_for_another_chat_and_coming_back_misses_nothing(site, page):
    await begin(site, page, tokens=400, speed=100)
    await page.click("#new-chat")
    await expect(page.locator(ANSWER)).to_have_count(0)
    await page.click('#conversations [data-running="true"] a')
    await is_whole(site, page)


async def test_a_second_tab_shows_the_same(site, page, new_page):
    await begin(site, page, tokens=400, speed=100)
    other = await new_page()
    await other.goto(page.url)
    await is_whole(site, other)
    await is_whole(site, page)
    await ask(page, "And more?")
    await expect(other.locator(QUESTION)).to_have_count(2)
    await is_whole(site, other, "And more?")


async def test_a_broken_network_misses_nothing(site, page, context, cable, alice):
    await site.log_in(context, alice, cable.url)
    await begin(site, page, url=cable.url, tokens=300, speed=100)
    cable.cut()
    await expect(page.locator("#connection")).to_have_text("Reconnecting")
    cable.mend()
    await expect(page.locator("#connection")).to_be_hidden()
    await is_whole(site, page)


async def test_a_network_that_is_silent_for_ten_seconds_misses_nothing(site, page, context, cable, alice):
    await site.log_in(context, alice, cable.url)
    await begin(site, page, url=cable.url, tokens=400, speed=40)
    cable.hold()
    await asyncio.sleep(10)
    cable.mend()
    await is_whole(site, page)


async def test_stop_ahead_of_the_first_token_ends_the_call(site, page):
    site.simulator.direct({"tokens": 100, "first_delay": 5}, "Never mind")
    await page.goto(f"{site.url}/")
    await ask(page, "Never mind")
    stopped = time.monotonic()
    await page.click("#send")
    await sees(page, "stopped")
    if calls := site.calls("Never mind"):  # else it was stopped ahead of the call itself
        assert calls[0].how == "client_closed"
        assert calls[0].closed - max(stopped, calls[0].started) < 1
    assert await raw_text(page) == (await site.answer(page)).text == ""
    await expect(page.locator(STATUS)).to_have_text("Stopped")


async def test_stop_in_the_middle_keeps_the_text_and_tells_the_cost(site, page):
    await begin(site, page, tokens=500, speed=50)
    await page.keyboard.press("Escape")
    await sees(page, "stopped")
    kept = (await site.answer(page)).text
    assert kept
    assert await raw_text(page) == kept
    await expect(page.locator(f"{META} [data-meta=cost]")).to_contain_text("~$")
    await ask(page, "Go on")
    await is_whole(site, page, "Go on")


async def test_the_title_appears_by_itself(site, page):
    await begin(site, page, text="Blue sky?", tokens=40, speed=0, title="Why skies are blue")
    await expect(page.locator("#title")).to_have_text("Why skies are blue")
    await expect(page.locator("#conversations [data-part=title]").first).to_have_text("Why skies are blue")
    await expect(page).to_have_title("Why skies are blue · Chat")


async def test_edits_and_second_answers_are_branches(site, page):
    site.simulator.direct({"text": "One"}, "First")
    await page.goto(f"{site.url}/")
    await ask(page, "First")
    await sees(page, "complete")
    site.simulator.direct({"text": "Two"}, "First")
    await page.click(f"{ANSWER} [data-part=actions] [data-action=retry]")
    await expect(page.locator(BLOCKS)).to_have_text("Two")
    counter = page.locator(f"{ANSWER} [data-part=counter]")
    await expect(counter).to_have_text("2 / 2")
    await page.click(f"{ANSWER} [data-action=previous]")
    await expect(page.locator(BLOCKS)).to_have_text("One")
    await expect(counter).to_have_text("1 / 2")
    await page.press("#text", "ArrowUp")
    await ask(page, "First, edited")
    await sees(page, "complete")
    await expect(page.locator(f"{QUESTION} [data-part=counter]")).to_have_text("2 / 2")
    await page.reload()
    await expect(page.locator(QUESTION)).to_contain_text("First, edited")
    await page.click(f"{QUESTION} [data-action=previous]")
    await expect(page.locator(QUESTION)).not_to_contain_text("edited")
    await expect(page.locator(f"{QUESTION} [data-part=counter]")).to_have_text("1 / 2")
