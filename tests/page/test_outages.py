"""What a reader sees while something that the service stands on is away."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.page.acts import ask, sees
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REDIS = "Redis does not answer: check REDIS_URL, and that Redis runs."


async def says(page, words):
    await expect(page.locator("#connection")).to_have_text(words)
    await expect(page.locator("#connection")).to_be_visible()


async def test_it_says_what_is_wrong_until_it_is_mended(fake, page):
    fake.refuse_with = 4503
    fake.checks = {"database": "ok", "channel_layer": REDIS}
    await page.goto(fake.url)
    await says(page, REDIS)
    await expect(page.locator("#announcer")).to_have_text(REDIS)
    fake.checks = {}
    await says(page, "Reconnecting")
    fake.refuse_with = None
    await fake.socket()
    await expect(page.locator("#connection")).to_be_hidden()


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
async def test_an_open_page_works_on_without_redis_and_a_new_one_says_what_is_wrong(
    site, page, new_page, context, alice, redis
):
    server = Server(site.simulator.url, REDIS_URL=redis.url)
    await asyncio.to_thread(server.start)
    try:
        await site.log_in(context, alice, server.url)
        await page.goto(f"{server.url}/")
        await expect(page.locator("#send")).to_be_visible()
        await ask(page, "With Redis")
        await sees(page, "complete")
        redis.kill()
        await ask(page, "Without Redis")
        await sees(page, "complete")
        other = await new_page()
        await other.goto(f"{server.url}/")
        await expect(other.locator("#connection")).to_contain_text(REDIS)
        await ask(other, "Said meanwhile")
        redis.start()
        await sees(other, "complete")
        await expect(other.locator("#connection")).to_be_hidden()
    finally:
        await asyncio.to_thread(server.stop)
