"""Redis and PostgreSQL are killed in mid-answer and started again, or are slow, or not there at the start."""

import asyncio

import aiohttp
import pytest

from chat.models import Message, UsageRecord
from chat.simulator import answer_text
from tests.faults.site import row
from tests.live.processes import directed, kept

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]

STEADY = directed(tokens=400, speed=100)
DELAY, BUSY = 0.4, 0.2  # seconds: much longer than a busy machine takes, and how long one may take


async def test_an_answer_goes_on_without_redis_and_the_page_catches_up(alice, site):
    page = await site.page(alice)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)
    site.redis.kill()
    await kept(turn, lambda answer: len(str(answer.content)) > 800)
    await asyncio.to_thread(site.redis.start)
    assert (await page.ended(turn))["state"] == "complete"
    assert page.text(turn) == (await row(turn)).text == answer_text(STEADY)


async def test_an_answer_that_ends_without_redis_is_complete_in_the_database_and_on_the_page(alice, site):
    page = await site.page(alice)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)
    site.redis.kill()
    await kept(turn, lambda answer: answer.state == "complete")
    await asyncio.to_thread(site.redis.start)
    assert (await page.ended(turn))["state"] == "complete"
    assert page.text(turn) == (await row(turn)).text == answer_text(STEADY)


async def test_an_answer_goes_on_without_postgres_and_is_saved_when_it_is_back(alice, site):
    page = await site.page(alice)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)
    await site.restart_postgres(meanwhile=page.read(turn, 800))
    assert (await page.ended(turn))["state"] == "complete"
    assert page.text(turn) == (await row(turn)).text == answer_text(STEADY)
    record = await UsageRecord.objects.aget(message=turn, purpose="answer")
    assert (record.end, record.exactness) == ("complete", "exact")


async def test_nobody_is_told_of_an_end_that_is_not_kept(alice, site):
    page = await site.page(alice)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)

    async def the_end():
        await site.upstream.ledger.wait_for(lambda call: call.mentions(STEADY) and call.how, seconds=30)
        await page.until(lambda: page.text(turn) == answer_text(STEADY), "all the text")
        assert not page.ends

    await site.restart_postgres(meanwhile=the_end())
    assert (await page.ended(turn))["state"] == "complete"
    assert (await row(turn)).state == "complete"


async def test_a_slow_redis_delays_the_first_words_by_its_hops_and_loses_nothing(alice, site):
    page = await site.page(alice)
    quick = min([await _first_words(page) for _ in range(3)])
    site.cable.delay = DELAY
    slow = min([await _first_words(page) for _ in range(3)])
    print(f"first words after {quick * 1000:.0f} ms, with Redis slowed by {DELAY * 1000:.0f} ms {slow * 1000:.0f} ms")
    # The doorbell and the words, each at worst behind one other message: a layer sends one after the other.
    assert slow - quick < 4 * DELAY + BUSY
    assert await Message.objects.filter(state="complete", role="assistant").acount() == 6


async def test_a_site_without_redis_says_so_and_names_the_way_out(site):
    site.redis.kill()
    try:
        web = site.new_web()
        site.webs.append(web)
        await asyncio.to_thread(web.start)
        async with aiohttp.ClientSession() as http, http.get(f"{web.url}/readyz") as response:
            assert response.status == 503
            assert "leave REDIS_URL and CHAT_RUNNER unset" in (await response.json())["checks"]["channel_layer"]
    finally:
        await asyncio.to_thread(site.redis.start)


async def _first_words(page):
    """Seconds from a question to the first words of its answer, all of which has come by then."""
    # No model answers at once; before its first words there is time for what is not awaited.
    question = directed(tokens=30, speed=100, first_delay=3 * DELAY)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    turn = (await page.ask(question))["turn"]
    await page.read(turn, 1)
    seconds = loop.time() - asked
    await page.ended(turn)
    assert page.text(turn) == answer_text(question)
    return seconds
