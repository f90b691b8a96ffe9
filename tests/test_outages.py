"""Redis goes away under a server that runs, and comes back."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from tests.servers import Server
from tests.tabs import RemoteTab, session_of

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]


@pytest_asyncio.fixture
async def server(redis, upstream):
    """Our server, with Redis."""
    server = Server(upstream.url, REDIS_URL=redis.url)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def is_answered(tab, **fields):
    accepted = await tab.ask('[[sim {"text": "Still here."}]]', **fields)
    assert (await tab.see("ended", turn=accepted["turn"]))["state"] == "complete"
    assert tab.text(accepted["turn"]) == "Still here."
    return accepted


async def first_refused(remote_tab):
    """The code that new tabs are closed with; those of the first moment are let in, before the layer has noticed."""
    async with asyncio.timeout(10):
        while True:
            async with remote_tab() as tab:
                if not await tab.let_in():
                    return tab.closed_with


async def test_open_tabs_go_on_while_redis_is_away_and_are_in_step_when_it_is_back(redis, remote_tab):
    async with remote_tab() as tab:
        await tab.see("hello")
        redis.kill()
        first = await is_answered(tab)
        assert await first_refused(remote_tab) == 4503
        second = await is_answered(tab, conversation=first["conversation"], parent=first["turn"])
        redis.start()
        async with remote_tab() as other:
            await other.see("hello")
            third = await is_answered(other, conversation=second["conversation"], parent=second["turn"])
        assert await tab.see("turn", turn=third["turn"])
        assert await tab.see("ended", turn=third["turn"])


async def test_people_can_log_in_while_redis_is_away(redis, server, alice):
    redis.kill()
    async with aiohttp.ClientSession(server.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        page = await (await browser.get("/accounts/login/")).text()
        token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        fields = {"csrfmiddlewaretoken": token, "username": "alice", "password": "wonderland-7"}
        login = await browser.post("/accounts/login/", data=fields, allow_redirects=False)
    assert login.status == 302


async def test_the_log_of_an_outage_is_a_few_lines(redis, upstream, alice, capfd):
    server = Server(upstream.url, REDIS_URL=redis.url)
    await asyncio.to_thread(server.start)
    try:
        session = await sync_to_async(session_of)(alice)
        async with RemoteTab(server.url, session) as tab, RemoteTab(server.url, session) as other:
            await tab.see("hello")
            await other.see("hello")
            redis.kill()
            await is_answered(tab)
    finally:
        await asyncio.to_thread(server.stop)
    log = capfd.readouterr().err
    assert "Check REDIS_URL" in log
    assert "Traceback" not in log
    assert len(log.splitlines()) < 10
