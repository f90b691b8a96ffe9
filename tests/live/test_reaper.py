"""The reaper and the calls that nobody else will close."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError
from django.utils import timezone

from chat import conversations, ledger, turns
from chat.engine.ceiling import Size
from chat.live.estimate import COUNT_SECONDS
from chat.live.reaper import SIGN_SECONDS, reap
from chat.models import Budget, Conversation, Message, UsageRecord
from chat.providers import get_provider
from tests.live.processes import directed
from tests.tabs import Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    """Nobody but those who are tested has anything to settle."""
    monkeypatch.setattr("chat.live.reaper.SETTLE_SECONDS", 3)


async def title_call(user, *, age):
    """A call for a title whose stream had begun, made ``age`` ago and never closed."""
    record = (await sync_to_async(ledger.open_call)(user_id=user.pk, model="claude-haiku-5-5", purpose="title")).record
    start = ledger.Call(record, "claude-haiku-5-5", "req_1", {"input_tokens": 100, "output_tokens": 1})
    await sync_to_async(ledger.note_start)(start)
    await UsageRecord.objects.filter(pk=record).aupdate(started_at=timezone.now() - age)
    return record


async def test_an_abandoned_call_is_closed_with_what_is_known_of_it(alice, upstream):
    record = await title_call(alice, age=ledger.ABANDONED_AFTER * 2)
    await reap(await get_provider())
    closed = await UsageRecord.objects.aget(pk=record)
    assert (closed.end, closed.exactness, closed.estimated_by) == ("interrupted", "lower_bound", "last_count")
    assert (closed.request_id, closed.input_tokens) == ("req_1", 100)
    assert closed.cost > 0


async def test_a_call_that_may_still_run_is_left_alone(alice, upstream):
    record = await title_call(alice, age=timedelta(seconds=30))
    await reap(await get_provider())
    assert (await UsageRecord.objects.aget(pk=record)).end == "open"


async def test_a_long_answer_whose_chat_is_deleted_costs_what_it_had_used(alice, upstream):
    """The reaper looks in the second before its runner learns of it."""
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        turn = (await tab.ask(directed(generate="words", size=20_000, speed=400, thinking=False)))["turn"]
        await tab.read(turn, 2_000)
        while not await UsageRecord.objects.filter(request_id__gt="").aexists():  # noqa: ASYNC110 - it is saved
            await asyncio.sleep(0.05)
        await UsageRecord.objects.aupdate(started_at=timezone.now() - ledger.ABANDONED_AFTER * 2)
        await sync_to_async(conversations.delete)(await Conversation.objects.aget())
        await reap(await get_provider())
        await tab.see("ended", turn=turn)
    record = await UsageRecord.objects.aget()
    assert (record.end, record.exactness) == ("stopped", "estimated")
    assert record.output_tokens > 300


async def test_the_start_of_a_call_is_kept_before_there_is_anything_to_show(alice, upstream):
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        turn = (await tab.ask(directed(fault="silence", at=3, thinking=False)))["turn"]
        async with asyncio.timeout(5):
            while not await UsageRecord.objects.filter(usage__input_tokens__gt=0).aexists():  # noqa: ASYNC110 - it is saved
                await asyncio.sleep(0.05)
        assert not (await Message.objects.aget(pk=turn)).content
        await tab.say("stop", turn=turn)
        await tab.see("ended", turn=turn)


async def test_a_turn_that_cannot_be_ended_does_not_keep_the_others_waiting(alice, upstream, monkeypatch):
    fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "gone:1:1"}
    bad, good = [(await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn for _ in range(2)]
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    end = turns.end

    def failing(snapshot, *args, **kwargs):
        if snapshot.turn == bad:
            raise DataError("integer out of range")
        return end(snapshot, *args, **kwargs)

    monkeypatch.setattr("chat.turns.end", failing)
    assert await reap(await get_provider()) == 1
    assert (await Message.objects.aget(pk=good)).state == "interrupted"


async def test_of_many_orphans_none_waits_until_the_tokens_of_others_are_counted(alice, upstream, settings):
    settings.CHAT_MAX_OPEN_TURNS = many = 10
    fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "gone:1:1"}
    for _ in range(many):
        turn = (await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn
        call = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": turn}
        await sync_to_async(ledger.open_call)(**call)
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    all_count = asyncio.Barrier(many)

    class Slow:
        async def count_tokens(self, model, messages):
            await all_count.wait()
            return 1

    async with asyncio.timeout(COUNT_SECONDS + SIGN_SECONDS):
        assert await reap(Slow()) == many


@pytest.mark.parametrize("claimed", [True, False])
async def test_a_turn_that_is_claimed_while_it_is_looked_at_is_left_alone(alice, upstream, monkeypatch, claimed):
    """Workers start again while the reaper settles what the old ones left."""
    budget = await Budget.objects.acreate(amount=1)
    fields = {"conversation": None, "parent": None, "text": "Hello", "size": Size(100, 1_000)}
    turn = (await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    open_calls = ledger.open_calls

    def meanwhile(message):
        if claimed:
            assert turns.claim(turn, "another-machine:1:1")
        return open_calls(message)

    monkeypatch.setattr("chat.ledger.open_calls", meanwhile)
    assert await reap(await get_provider()) == (not claimed)
    record = await UsageRecord.objects.aget()
    assert record.end == ("open" if claimed else "interrupted")
    assert ((await budget.accounts.aget()).reserved > 0) is claimed


@pytest.mark.parametrize("more", [{}, {"iterations": [{"input_tokens": 90}]}], ids=["plain", "iterations"])
async def test_a_killed_continuation_is_settled_without_what_it_continues(alice, upstream, more):
    fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "gone:1:1"}
    turn = (await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn
    call = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": turn}
    paused, last = [(await sync_to_async(ledger.open_call)(**call, attempt=attempt)).record for attempt in (1, 2)]
    usage = {"input_tokens": 50, "output_tokens": 25, "server_tool_use": {"web_search_requests": 1}}
    await sync_to_async(ledger.close_call)(ledger.Call(paused, "claude-sonnet-5-5", usage=usage), "complete")
    begun = {"input_tokens": 90, "output_tokens": 1, "server_tool_use": {"web_fetch_requests": 2}, **more}
    start = ledger.Call(last, "claude-sonnet-5-5", "req_2", begun)
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "word " * 20}}
    content = [search, {"type": "text", "text": "word " * 60}]
    await sync_to_async(turns.save)("gone:1:1", [turn], [turns.Snapshot(turn, content, start)])
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    await reap(await get_provider())
    record = await UsageRecord.objects.aget(pk=last)
    assert (record.end, record.exactness, record.input_tokens) == ("interrupted", "lower_bound", 90)
    assert record.estimated_by == "saved_text_counted"
    assert (record.web_searches, record.web_fetches) == (0, 2)
    assert record.output_tokens == pytest.approx(60, abs=15)


@pytest.mark.parametrize(
    ("content", "start", "how"),
    [
        ([], {}, "prompt_counted"),
        ([], {"input_tokens": 90}, "last_count"),
        ([{"type": "text", "text": "Because"}], {"input_tokens": 90}, "saved_text_counted"),
    ],
)
async def test_what_is_known_of_a_killed_call_rests_on_what_was_saved(alice, upstream, content, start, how):
    fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "gone:1:1"}
    turn = (await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn
    call = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": turn}
    record = (await sync_to_async(ledger.open_call)(**call)).record
    begun = ledger.Call(record, "claude-sonnet-5-5" if start else "", usage=start)
    await sync_to_async(turns.save)("gone:1:1", [turn], [turns.Snapshot(turn, content, begun)])
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    await reap(await get_provider())
    closed = await UsageRecord.objects.aget(pk=record)
    assert (closed.exactness, closed.estimated_by) == ("lower_bound", how)


@pytest.mark.parametrize(
    ("last", "next_"), [(-60, 0), (-3600, -3597), (3600, 3603)], ids=["after a sleep", "slow clock", "fast clock"]
)
async def test_a_turn_that_gives_another_sign_is_left_alone(alice, upstream, monkeypatch, last, next_):
    """By the clock of its own process, which need not be ours. The times are in seconds from now."""
    fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "another-machine:1:1"}
    alive, dead = [(await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)).turn for _ in range(2)]
    now = timezone.now()
    await Message.objects.aupdate(heartbeat=now + timedelta(seconds=last))

    async def meanwhile(_):
        with monkeypatch.context() as patched:
            patched.setattr("chat.turns.timezone.now", lambda: now + timedelta(seconds=next_))
            await sync_to_async(turns.save)("another-machine:1:1", [alive], [])

    monkeypatch.setattr("chat.live.reaper.asyncio.sleep", meanwhile)
    assert await reap(await get_provider()) == 1
    assert (await Message.objects.aget(pk=alive)).state == "streaming"
    assert (await Message.objects.aget(pk=dead)).state == "interrupted"
