"""Turns of other processes: when the database is asked about them, and what it may say."""

from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError

from chat import turns
from chat.engine.events import Outcome
from chat.live import mirrors
from chat.live.runner import current_runner
from chat.models import Conversation
from tests.live.processes import Reader, settled

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "another-machine:1:1"


@pytest.fixture
async def here(upstream):
    """A process alone, which does not hear the one that answers."""
    current_runner().start()
    return current_runner()


async def elsewhere(user, **fields):
    """A turn that a process answers of which nothing is heard."""
    fields = {"key": uuid4(), "conversation": None, "parent": None, "text": "Hello", "runner": ELSEWHERE, **fields}
    return (await sync_to_async(turns.begin)(user, **fields)).turn


async def ended_with(turn, *blocks):
    await sync_to_async(turns.end)(turns.Snapshot(turn, list(blocks)), Outcome.INTERRUPTED)


async def test_its_end_is_read_with_all_that_was_kept(alice, here):
    turn = await elsewhere(alice)
    async with Reader(here, alice, turn) as reader:
        await ended_with(turn, {"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "So."})
        assert (await reader.ends())["state"] == "interrupted"
    assert dict(reader.texts) == {0: "Hm.", 1: "So."}


async def test_a_conversation_that_is_deleted_ends_its_turn(alice, here):
    turn = await elsewhere(alice)
    async with Reader(here, alice, turn) as reader:
        await Conversation.objects.all().adelete()
        assert (await reader.ends())["state"] == "stopped"


async def test_a_database_that_fails_for_a_while_stops_nothing(alice, here, monkeypatch):
    ask, failures = mirrors._runners_of, iter([InterfaceError("away"), ValueError("odd")])

    def failing(turns):
        if failure := next(failures, None):
            raise failure
        return ask(turns)

    monkeypatch.setattr(mirrors, "_runners_of", failing)
    monkeypatch.setattr(mirrors, "LOOK_SECONDS", 0.05)
    turn = await elsewhere(alice)
    async with Reader(here, alice, turn) as reader:
        await ended_with(turn)
        await reader.ends()


async def test_what_nobody_watches_is_dropped(alice, here, monkeypatch):
    monkeypatch.setattr(mirrors, "LINGER_SECONDS", 0.1)
    monkeypatch.setattr(mirrors, "LOOK_SECONDS", 0.05)
    turn = await elsewhere(alice)
    async with Reader(here, alice, turn), Reader(here, alice, turn):
        assert here.relay.mirrors.get(turn)
    await settled(lambda: here.relay.mirrors.get(turn) is None)
    async with Reader(here, alice, turn) as reader:
        await ended_with(turn)
        await reader.ends()


async def test_a_turn_that_is_over_is_not_found(alice, here):
    turn = await elsewhere(alice)
    await ended_with(turn)
    assert await here.relay.find(turn, alice.pk) is None
    assert await here.relay.find(uuid4(), alice.pk) is None


async def test_words_of_a_turn_that_nobody_reads_here_are_logged_once(here, caplog):
    caplog.set_level("INFO", logger="chat.live.mirrors")
    for _ in range(2):
        words = [0, 0, 0, [["Hello", [{"type": "text", "text": ""}]]]]
        here.relay.mirrors._take_pieces({"from": ELSEWHERE, "turns": {str(uuid4()): [words, None, None]}})
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "nothing need be done" in caplog.text
