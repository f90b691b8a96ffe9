"""A server and its database under load: nothing is lost, nothing waits for long, and no connection is left behind."""

import asyncio
from contextlib import AsyncExitStack, suppress
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from psycopg import AsyncConnection

from chat.models import Conversation, UsageRecord
from chatproject.env import POOL
from tests.live.processes import directed, row
from tests.servers import Server, database_url
from tests.tabs import RemoteTab, session_of

pytestmark = pytest.mark.django_db(transaction=True)

ANSWERS, TABS, SOCKETS, REQUESTS = 50, 10, 50, 300
LIMITS = {"CHAT_MAX_OPEN_TURNS": "50", "CHAT_MESSAGES_PER_MINUTE": "1000", "CHAT_MAX_SOCKETS": "50"}
MOST_AHEAD = 16_000_000  # bytes of SQLite's write-ahead log
NAME = "a server of these tests"


@pytest_asyncio.fixture
async def server(upstream):
    """Our server, with limits that one person can load it within; PostgreSQL knows its connections by ``NAME``."""
    tail = "" if connection.vendor == "sqlite" else f"?{urlencode({'application_name': NAME})}"
    server = Server(upstream.url, DATABASE_URL=database_url() + tail, **LIMITS)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
def browser_of(server):
    """A browser of somebody, on the server: ``async with await browser_of(alice) as browser``."""

    async def browser(user):
        cookies = {settings.SESSION_COOKIE_NAME: await sync_to_async(session_of)(user), "csrftoken": "a" * 32}
        jar = aiohttp.CookieJar(unsafe=True)
        return aiohttp.ClientSession(server.url, cookies=cookies, cookie_jar=jar, headers={"X-CSRFToken": "a" * 32})

    return browser


async def asked(tab):
    """The turns that one tab has asked for."""
    return [(await tab.ask(directed(tokens=200, speed=40)))["turn"] for _ in range(ANSWERS // TABS)]


async def read_and_write(browser, keeper, until):
    """What people do meanwhile: rename, search, and look through all conversations."""
    for key in cycle([key async for key in Conversation.objects.values_list("pk", flat=True)]):
        renamed = await browser.post(f"/c/{key}/rename/", data={"title": "Renamed"})
        found = await browser.get("/conversations/", params={"q": "renamed"})
        listed = await keeper.get("/admin/chat/conversation/", params={"q": "renamed"})
        assert [answer.status for answer in (renamed, found, listed)] == [200] * 3
        if until():
            return


async def test_fifty_answers_at_once_are_kept_whole_while_others_read_and_write(
    server, browser_of, alice, admin, capfd
):
    session = await sync_to_async(session_of)(alice)
    async with AsyncExitStack() as opened:
        browser, keeper = [await opened.enter_async_context(await browser_of(user)) for user in (alice, admin)]
        tabs = [await opened.enter_async_context(RemoteTab(server.url, session)) for _ in range(TABS)]
        turns = await asyncio.gather(*map(asked, tabs))
        await read_and_write(browser, keeper, lambda: all(len(tab.of("ended")) >= len(turns[0]) for tab in tabs))
        for tab, its_turns in zip(tabs, turns, strict=True):
            for turn in its_turns:
                assert (await tab.see("ended", turn=turn))["state"] == "complete"
                assert tab.text(turn) == (await row(turn)).text
    assert await UsageRecord.objects.filter(purpose="answer", end="complete").acount() == ANSWERS
    assert await Conversation.objects.filter(title="Renamed").aexists()
    assert capfd.readouterr().err == ""
    assert written_ahead() < MOST_AHEAD


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for everybody")
async def test_a_command_that_waits_for_the_database_keeps_nobody_else_waiting(server, alice, bob):
    hers, his = [RemoteTab(server.url, await sync_to_async(session_of)(user)) for user in (alice, bob)]
    async with hers, his, await AsyncConnection.connect(database_url()) as somebody:
        await somebody.execute("SELECT 1 FROM chat_user WHERE id = %s FOR UPDATE", [alice.pk])
        waiting = asyncio.create_task(hers.ask(directed(text="At last.")))
        turn = (await his.ask(directed(text="At once.")))["turn"]
        assert (await his.see("ended", turn=turn))["state"] == "complete"
        assert not waiting.done()
        await somebody.rollback()
        assert (await waiting)["turn"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has connections to count")
async def test_idle_sockets_and_pages_leave_no_connections_behind(server, browser_of, alice):
    session = await sync_to_async(session_of)(alice)
    async with AsyncExitStack() as opened:
        tabs = [await opened.enter_async_context(RemoteTab(server.url, session)) for _ in range(SOCKETS)]
        browser = await opened.enter_async_context(await browser_of(alice))
        await asyncio.gather(*(tab.see("hello") for tab in tabs))
        pages = await asyncio.gather(*(browser.get("/") for _ in range(REQUESTS)))
        assert {page.status for page in pages} == {200}
        assert await sync_to_async(connected)() <= POOL["max_size"]
        assert (await tabs[-1].ask(directed(text="Still here.")))["turn"]
        assert (await browser.get("/")).status == 200


async def test_readers_who_go_away_leave_no_connections_behind(server, browser_of, alice):
    async with await browser_of(alice) as browser:
        for _ in range(3 * POOL["max_size"]):
            with suppress(TimeoutError):
                await browser.get("/", timeout=aiohttp.ClientTimeout(total=0.01))
        assert (await browser.get("/")).status == 200


def written_ahead():
    """The size of SQLite's write-ahead log."""
    return Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size if connection.vendor == "sqlite" else 0


def connected():
    """How many connections the server has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return cursor.fetchone()[0]
