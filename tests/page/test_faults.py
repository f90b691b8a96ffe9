"""What a reader sees of everything that can go wrong upstream: words, the text so far, a way on."""

import asyncio

import pytest
from playwright.async_api import expect

from chat.engine import errors
from chat.models import UsageRecord
from tests.page.acts import ANSWER, BLOCKS, FAILURE, QUESTION, ask, sees
from tests.page.site import raw_text
from tests.servers import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("alice_in"),
]

AHEAD = [
    (529, errors.Overloaded),
    (429, errors.RateLimited),
    (500, errors.ServerFault),
    (401, errors.BadKey),
    (402, errors.PaymentNeeded),
    (403, errors.NotAllowed),
    (404, errors.NoSuchModel),
    (413, errors.TooLarge),
    (400, errors.BadRequest),
    ("close", errors.Unreachable),
    ("html", errors.BadAnswer),
]
WITHIN = [
    ("error", errors.Overloaded),
    ("reset", errors.CutOff),
    ("cut", errors.CutOff),
    ("end", errors.CutOff),
    ("bad_json", errors.BadAnswer),
    ("silence", errors.TimedOut),
    ("pings", errors.TimedOut),
]


async def fails(page, error):
    await sees(page, "failed")
    await expect(page.locator(f"{FAILURE} [data-part=sentence]")).to_have_text(error.sentence)
    await expect(page.locator(f"{FAILURE} [data-part=code]")).to_have_text(error.code)


async def goes_on(page):
    """The next message of the conversation works."""
    await ask(page, "And now?")
    await expect(page.locator(ANSWER)).to_have_count(2)
    await sees(page, "complete")


@pytest.mark.parametrize(("fault", "error"), AHEAD)
async def test_a_fault_ahead_of_the_answer_is_told_and_the_next_message_works(site, page, fault, error):
    site.simulator.direct({"fault": fault}, "Trouble")
    await page.goto(f"{site.url}/")
    await ask(page, "Trouble")
    await fails(page, error)
    assert await raw_text(page) == ""
    await expect(page.locator(QUESTION)).to_contain_text("Trouble")
    await goes_on(page)


@pytest.mark.parametrize(("fault", "error"), WITHIN)
async def test_a_fault_within_the_answer_keeps_its_text(site, page, fault, error):
    site.simulator.direct({"tokens": 100, "speed": 200, "fault": fault, "at": 20}, "Trouble")
    await page.goto(f"{site.url}/")
    await ask(page, "Trouble")
    await fails(page, error)
    kept = (await site.answer(page)).text
    assert kept
    assert await raw_text(page) == kept
    record = await UsageRecord.objects.aget(message=await site.answer(page), purpose="answer")
    assert (record.end, record.exactness) == ("failed", "estimated")
    await page.reload()
    await fails(page, error)
    await goes_on(page)


async def test_retry_asks_again_and_keeps_the_failed_answer_as_a_branch(site, page):
    site.simulator.direct({"fault": 400, "times": 1, "key": "retried", "text": "Better now"}, "Trouble")
    await page.goto(f"{site.url}/")
    await ask(page, "Trouble")
    await fails(page, errors.BadRequest)
    await page.click(f"{FAILURE} button")
    await sees(page, "complete")
    await expect(page.locator(BLOCKS)).to_have_text("Better now")
    await expect(page.locator(f"{ANSWER} [data-part=counter]")).to_have_text("2 / 2")


async def test_a_call_that_is_tried_again_says_so_and_then_answers(site, page):
    site.simulator.direct({"fault": 529, "times": 1, "key": "tried", "retry_after": "2", "text": "There"}, "Trouble")
    await page.goto(f"{site.url}/")
    await ask(page, "Trouble")
    await expect(page.locator(f"{ANSWER} > [data-part=status]")).to_contain_text("Trying again")
    await sees(page, "complete")
    await expect(page.locator(BLOCKS)).to_have_text("There")


async def test_a_message_that_is_not_taken_stays_in_the_box(site, page):
    await page.goto(f"{site.url}/")
    await ask(page, "It rings \x07 here")
    await expect(page.locator("#composer-note")).to_contain_text("cannot be sent (U+0007)")
    await expect(page.locator("#text")).to_have_value("It rings \x07 here")
    await expect(page.locator(QUESTION)).to_have_count(0)


async def test_a_server_that_is_killed_leaves_an_interrupted_answer_and_the_page_finds_it(site, page, context, alice):
    server = Server(site.simulator.url, CHAT_REAP_SECONDS="2")
    await asyncio.to_thread(server.start)
    try:
        await site.log_in(context, alice, server.url)
        site.simulator.direct({"tokens": 1000, "speed": 50}, "Long")
        await page.goto(f"{server.url}/")
        await ask(page, "Long")
        await page.wait_for_function("(blocks) => document.querySelector(blocks)?.textContent.length > 300", arg=BLOCKS)
        server.kill()
        await expect(page.locator("#connection")).to_be_visible()
        await asyncio.to_thread(server.start)
        await sees(page, "interrupted")
        await expect(page.locator(f"{FAILURE} [data-part=sentence]")).to_contain_text("What had arrived is kept")
        kept = (await site.answer(page)).text
        await expect(page.locator(BLOCKS)).to_have_text(kept.replace("\n\n", ""))
        assert await raw_text(page) == kept
        await goes_on(page)
    finally:
        await asyncio.to_thread(server.stop)
