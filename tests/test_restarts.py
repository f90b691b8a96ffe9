"""A server is told to end (SIGTERM): what it answers comes to its end, and whoever is connected is told."""

import asyncio
import signal

import aiohttp
import pytest
import pytest_asyncio

from chat.consumers import RESTARTING
from chat.models import Message
from tests.live.processes import directed
from tests.servers import Server

LONG_OPEN = 2.5
"""Seconds: daphne forgets by then which request a socket came with, and would end it with all others."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def server(upstream):
    """Our server, patient when it is told to end."""
    server = Server(upstream.url, CHAT_DRAIN_SECONDS="20")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def test_an_idle_tab_is_told_at_once_that_the_server_restarts(server, remote_tab):
    async with remote_tab() as tab:
        await tab.see("hello")
        await asyncio.sleep(LONG_OPEN)
        server.process.send_signal(signal.SIGTERM)
        assert await tab.closed() == RESTARTING
    assert await asyncio.to_thread(server.process.wait, 10) == 0


async def test_an_answer_comes_to_its_end_before_the_server_does(server, remote_tab):
    async with remote_tab() as tab:
        turn = (await tab.ask(directed(tokens=400, speed=100)))["turn"]
        await tab.read(turn, 20)
        await asyncio.sleep(LONG_OPEN)
        server.process.send_signal(signal.SIGTERM)
        assert (await tab.see("ended", turn=turn))["state"] == "complete"
        assert await tab.closed() == RESTARTING
    assert tab.text(turn) == (await Message.objects.aget(pk=turn)).text


async def test_a_server_that_ends_takes_nothing_new_and_says_so(server, remote_tab):
    async with remote_tab() as tab, aiohttp.ClientSession() as http:
        accepted = await tab.ask(directed(tokens=300, speed=100))
        await tab.read(accepted["turn"], 20)
        server.process.send_signal(signal.SIGTERM)
        await _until_restarting(http, server)
        async with remote_tab() as late:
            assert await late.closed() == RESTARTING
        key = "8d0c9d0e-0000-4000-8000-000000000000"
        await tab.say("send", id="1", key=key, conversation=None, parent=None, text="Hello")
        assert (await tab.see("refused", re="1"))["code"] == "unavailable"
        await tab.say("stop", turn=accepted["turn"])
        assert (await tab.see("ended", turn=accepted["turn"]))["state"] == "stopped"
        assert await tab.closed() == RESTARTING


async def _until_restarting(http, server):
    async with asyncio.timeout(10):
        while True:
            async with http.get(f"{server.url}/readyz") as response:
                checks = (await response.json())["checks"]
                if response.status == 503:
                    break
    assert checks["server"] == "The server is being restarted."
