"""The runner: turns that outlive their watchers, up to a point, and everything else it owns."""

import asyncio
import json
import socket
import threading
from functools import partial
from importlib import import_module
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat import prompts, turns
from chat.engine.errors import Refused
from chat.live import threads
from chat.live.reaper import reap
from chat.live.runner import current_runner
from chat.models import Conversation, Message, UsageRecord
from chat.providers import get_provider
from chat.simulator import answer_text
from tests.tabs import Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)


def directed(**directive):
    return f"[[sim {json.dumps(directive)}]]"


async def begin(user, text):
    """Begin a turn without any tab."""
    fields = {"key": uuid4(), "conversation": None, "parent": None, "text": text}
    return await current_runner().begin(partial(turns.begin, user, **fields))


async def seen(turn, condition):
    """Watch a turn until a condition of it holds."""
    turn = current_runner().turns.get(turn)
    if turn and not condition(turn):
        done = asyncio.Event()
        turn.watch(done, lambda: condition(turn) and done.set())
        async with asyncio.timeout(10):
            await done.wait()


async def grown(begun):
    """Wait until a turn has some text."""
    await seen(begun.turn, lambda turn: turn.reply.end.offset > 0)


async def over(turn):
    """Wait until a turn is over; gives its message."""
    await seen(turn, lambda turn: turn.ended)
    return await Message.objects.aget(pk=turn)


async def test_an_answer_goes_on_without_anybody(alice, upstream):
    question = directed(tokens=100, speed=200)
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        accepted = await tab.ask(question)
        await tab.see("delta", turn=accepted["turn"])
    answer = await over(UUID(accepted["turn"]))
    assert (answer.state, answer.text) == ("complete", answer_text(question))


async def test_an_answer_that_nobody_watches_for_long_is_stopped(alice, upstream, settings):
    settings.CHAT_DETACHED_SECONDS = 0
    begun = await begin(alice, directed(tokens=10_000, speed=20))
    await upstream.ledger.wait_for(lambda entry: entry.how == "client_closed")
    assert (await over(begun.turn)).state == "stopped"


async def test_a_stop_mark_from_another_process_is_obeyed_within_a_second(alice, upstream):
    begun = await begin(alice, directed(tokens=10_000, speed=20))
    await sync_to_async(turns.request_stop)(alice, begun.turn)
    await upstream.ledger.wait_for(lambda entry: entry.how == "client_closed", seconds=3)
    assert (await over(begun.turn)).state == "stopped"


async def test_an_answer_is_saved_while_it_grows(alice, upstream):
    begun = await begin(alice, directed(tokens=10_000, speed=100, thinking=False))

    async def saved():
        return (await Message.objects.aget(pk=begun.turn)).content

    async with asyncio.timeout(10):
        while not await saved():  # noqa: ASYNC110 - a database has no event to wait for
            await asyncio.sleep(0.05)
    record = await UsageRecord.objects.aget(message=begun.turn)
    assert (record.end, record.model_answered) == ("open", "claude-sonnet-5-5")
    assert record.usage["input_tokens"] > 0


async def test_a_failure_of_one_save_does_not_end_the_saving(alice, upstream, monkeypatch):
    monkeypatch.setattr("chat.live.runner.SAVE_SECONDS", 0.05)
    save, saved, failures = turns.save, asyncio.Event(), iter([ValueError("odd"), OperationalError("away")])
    loop = asyncio.get_running_loop()

    def failing(*arguments):
        if failure := next(failures, None):
            raise failure
        loop.call_soon_threadsafe(saved.set)
        return save(*arguments)

    monkeypatch.setattr("chat.turns.save", failing)
    await begin(alice, directed(tokens=10_000, speed=100))
    async with asyncio.timeout(10):
        await saved.wait()


async def test_nobody_waits_for_other_tabs_to_be_told(alice, upstream, monkeypatch):
    reached, released = asyncio.Event(), asyncio.Event()

    async def held(*_):
        reached.set()
        await released.wait()

    monkeypatch.setattr("chat.live.line.SEND_SECONDS", 1_000)
    monkeypatch.setattr("chat.live.line.get_channel_layer", lambda _: Mock(group_send=held))
    begun = await begin(alice, directed(text="At once."))
    assert (await over(begun.turn)).text == "At once."
    async with asyncio.timeout(10):
        await reached.wait()
    released.set()


async def test_a_runner_that_closes_interrupts_what_runs_and_keeps_it(alice, upstream):
    begun = await begin(alice, directed(tokens=10_000, speed=100, thinking=False))
    await grown(begun)
    await current_runner().close()
    answer = await Message.objects.aget(pk=begun.turn)
    record = await UsageRecord.objects.aget(message=begun.turn)
    assert (answer.state, record.end, record.exactness) == ("interrupted", "interrupted", "estimated")
    assert answer.text


async def test_a_runner_that_cannot_keep_an_end_tells_nobody_of_one(alice, upstream, monkeypatch):
    monkeypatch.setattr("chat.live.runner.CLOSE_SECONDS", 0.1)
    monkeypatch.setattr("chat.turns.end", Mock(side_effect=OperationalError("away")))
    begun = await begin(alice, directed(tokens=10_000, speed=100, thinking=False))
    turn = current_runner().turns[begun.turn]
    await grown(begun)
    await current_runner().close()
    assert turn.ended is None
    assert (await Message.objects.aget(pk=begun.turn)).state == "streaming"
    assert not current_runner().turns


async def test_a_runner_that_closes_takes_nothing_new(alice, upstream):
    await current_runner().close()
    with pytest.raises(Refused) as refusal:
        await begin(alice, "Hello")
    assert refusal.value.code == "unavailable"
    assert not await Message.objects.aexists()


async def test_an_end_that_cannot_be_written_is_written_later(alice, upstream, monkeypatch):
    monkeypatch.setattr(threads, "AGAIN_SECONDS", 0.01)
    end, failures = turns.end, iter([OperationalError("away"), OperationalError("away")])

    def failing(*arguments, **fields):
        if failure := next(failures, None):
            raise failure
        return end(*arguments, **fields)

    monkeypatch.setattr(turns, "end", failing)
    answer = await over((await begin(alice, directed(text="Kept."))).turn)
    assert (answer.state, answer.text) == ("complete", "Kept.")


@pytest.mark.parametrize("work", ["prompts.prompt_of", "ledger.open_call", "ledger.close_call"])
async def test_a_database_that_is_away_for_a_moment_fails_no_answer(alice, upstream, monkeypatch, work):
    """Even if what it was asked to do was done, and only its answer got lost."""
    monkeypatch.setattr(threads, "AGAIN_SECONDS", 0.01)
    module, name = work.split(".")
    function, losses = getattr(import_module(f"chat.{module}"), name), iter([OperationalError("away")] * 2)

    def losing(*arguments, **fields):
        done = function(*arguments, **fields)
        if loss := next(losses, None):
            raise loss
        return done

    losing.__name__ = name
    monkeypatch.setattr(f"chat.{work}", losing)
    answer = await over((await begin(alice, directed(text="Here.", fault=529, times=1))).turn)
    records = UsageRecord.objects.filter(message=answer, purpose="answer")
    assert (answer.state, answer.text) == ("complete", "Here.")
    assert {record.attempt: record.end async for record in records} == {1: "failed", 2: "complete"}
    assert await records.acount() == 2


async def test_whoever_came_back_before_the_reaper_is_told_of_the_end(alice, upstream):
    dead = f"{socket.gethostname()}:999999999:0"
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        await tab.see("hello")
        fields = {"key": uuid4(), "conversation": None, "parent": None, "text": "Hello", "runner": dead}
        begun = await sync_to_async(turns.begin)(alice, **fields)
        await tab.say(
            "watch", conversation=str(begun.conversation), cursors={str(begun.turn): {"block": 0, "offset": 0}}
        )
        await tab.see("watching")
        await reap(await get_provider())
        assert (await tab.see("ended", turn=str(begun.turn)))["state"] == "interrupted"


async def test_the_reaper_spares_what_is_answered_here(alice, upstream, monkeypatch):
    begun = await begin(alice, directed(tokens=10_000, speed=100, thinking=False))
    await grown(begun)
    monkeypatch.setattr("chat.live.reaper.is_gone", lambda _: True)
    assert await reap(await get_provider(), spare=current_runner().turns) == 0
    assert (await Message.objects.aget(pk=begun.turn)).state == "streaming"


async def test_a_fault_of_our_own_ends_the_turn_and_its_record_as_a_lower_bound(alice, upstream, monkeypatch):
    monkeypatch.setattr("chat.live.turn.LiveTurn.append", lambda *_: 1 / 0)
    answer = await over((await begin(alice, directed(text="Lost."))).turn)
    record = await UsageRecord.objects.aget(message=answer)
    assert (answer.state, answer.error_code) == ("failed", "internal")
    assert (record.end, record.exactness, record.estimated_by) == ("failed", "lower_bound", "last_count")


async def test_a_chat_that_is_deleted_just_before_its_title_is_asked_for_gets_none(
    alice, upstream, monkeypatch, caplog
):
    title_prompt = prompts.title_prompt

    def deleted_meanwhile(question, answer):
        Conversation.objects.all().delete()
        return title_prompt(question, answer)

    monkeypatch.setattr("chat.prompts.title_prompt", deleted_meanwhile)
    await begin(alice, directed(text="Deleted."))
    await upstream.ledger.wait_for(lambda call: call.closed)
    await current_runner().close(10)
    assert [call.text for call in upstream.ledger] == ["Deleted."]
    assert not caplog.records


@pytest.mark.parametrize("step", ["chat.prompts.prompt_of", "chat.ledger.open_call"])
async def test_a_chat_that_is_deleted_just_before_its_answer_is_asked_for_gets_none(
    alice, upstream, monkeypatch, caplog, step
):
    module, name = step.rsplit(".", 1)
    real = getattr(import_module(module), name)

    def deleted_meanwhile(*args, **kwargs):
        Conversation.objects.all().delete()
        return real(*args, **kwargs)

    monkeypatch.setattr(step, deleted_meanwhile)
    begun = await begin(alice, "Deleted.")
    await seen(begun.turn, lambda turn: turn.ended)
    assert ([*upstream.ledger], caplog.messages) == ([], [])
    assert not await UsageRecord.objects.aexists()


async def test_a_hundred_answers_at_once_all_arrive(alice, upstream, settings):
    settings.CHAT_MAX_OPEN_TURNS = settings.CHAT_MESSAGES_PER_MINUTE = 1_000
    begun = [await begin(alice, directed(tokens=20, speed=100)) for _ in range(100)]
    answers = [await over(each.turn) for each in begun]
    assert {answer.state for answer in answers} == {"complete"}
    assert {answer.text for answer in answers} == {answer_text(directed(tokens=20, speed=100))}


async def test_a_turn_that_waits_for_its_prompt_gives_signs_of_life(alice, upstream, monkeypatch):
    prompt_of, free = prompts.prompt_of, threading.Event()

    def late(turn):
        free.wait(10)
        return prompt_of(turn)

    monkeypatch.setattr(prompts, "prompt_of", late)
    turn = (await begin(alice, "Hello")).turn
    begun = (await Message.objects.aget(pk=turn)).heartbeat
    try:
        async with asyncio.timeout(10):
            while (await Message.objects.aget(pk=turn)).heartbeat == begun:  # noqa: ASYNC110 - a database tells nothing
                await asyncio.sleep(0.05)
    finally:
        free.set()
    assert (await over(turn)).state == "complete"
