"""Who may have a websocket, and who may keep it."""

from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from django.test import Client

from tests.tabs import Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_stranger_is_closed_with_4401(db, upstream):
    async with Tab(None) as tab:
        assert await tab.closed() == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", None])
async def test_another_origin_is_closed_with_4403(alice, tab_of, upstream, origin):
    async with await tab_of(alice, origin=origin) as tab:
        assert await tab.closed() == 4403


async def test_a_trusted_origin_is_let_in(alice, tab_of, upstream, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example"]
    async with await tab_of(alice, origin="https://chat.example") as tab:
        await tab.see("hello")


async def test_too_many_sockets_are_closed_with_4429(alice, tab_of, upstream, settings):
    settings.CHAT_MAX_SOCKETS = 1
    async with await tab_of(alice) as first:
        await first.see("hello")
        async with await tab_of(alice) as second:
            assert await second.closed() == 4429
    async with await tab_of(alice) as third:
        await third.see("hello")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_a_database_that_is_away_closes_with_4503(alice, tab_of, upstream, monkeypatch, error):
    monkeypatch.setattr("chat.admission.user_of", Mock(side_effect=error("away")))
    async with await tab_of(alice) as tab:
        assert await tab.closed() == 4503


async def test_a_logout_closes_the_socket_of_its_session_only(alice, upstream):
    client = Client()
    await sync_to_async(client.force_login)(alice)
    here, elsewhere = client.cookies["sessionid"].value, await sync_to_async(session_of)(alice)
    async with Tab(here) as tab, Tab(elsewhere) as other:
        await tab.see("hello")
        await other.see("hello")
        await sync_to_async(client.post)("/accounts/logout/")
        assert await tab.closed() == 4401
        await other.say("ping", id="still")
        await other.see("pong", re="still")


async def test_a_deactivated_person_is_closed_out_at_the_next_command(alice, tab_of, upstream, monkeypatch):
    monkeypatch.setattr("chat.consumers.CHECK_COMMAND_SECONDS", -1)
    async with await tab_of(alice) as tab:
        await tab.see("hello")
        alice.is_active = False
        await alice.asave()
        await tab.say("ping")
        assert await tab.closed() == 4401


async def test_a_flood_of_frames_closes_the_socket(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        for _ in range(250):
            await tab.send("{")
        assert await tab.closed() == 4429
