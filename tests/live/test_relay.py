"""The relay: an answer that one process makes and another shows, over a real Redis."""

import asyncio
import random
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chat import turns
from chat.engine.reply import Cursor
from chat.simulator import answer_text
from tests.live.processes import Reader, begin, directed, kept, row, settled
from tests.tabs import Tab, session_of

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

LONG = directed(tokens=10_000, speed=100)


@pytest.fixture
async def pair(processes):
    """Two web processes that answer themselves."""
    return await processes.start("one"), await processes.start("two")


async def shown(reader):
    """The end of a turn; by then its reader has exactly what is kept."""
    ended = await reader.ends()
    answer = await row(reader.turn)
    assert (reader.text, ended["state"]) == (answer.text, answer.state)
    return answer


async def test_an_answer_arrives_whole_word_by_word_and_the_first_at_once(alice, pair):
    one, two = pair
    question = directed(tokens=40, speed=20, first_delay=0.5)
    turn = await begin(one, alice, question)
    async with Reader(two, alice, turn) as reader, Reader(one, alice, turn) as beside:
        await beside.reads(1)
        await reader.reads(1, seconds=0.5)
        answer = await shown(reader)
    assert answer.text == answer_text(question)
    assert len(reader.of("delta")) > 20
    assert reader.of("status")[0]["state"] == "waiting"
    assert reader.of("ended") == beside.of("ended")


async def test_who_reads_the_words_is_not_told_again_that_they_are_waited_for(alice, pair, monkeypatch):
    monkeypatch.setattr("chat.live.mirrors.RENEW_SECONDS", 0)
    monkeypatch.setattr("chat.live.mirrors.LOOK_SECONDS", 0.1)
    one, two = pair
    async with Reader(two, alice, await begin(one, alice, directed(tokens=60, speed=30))) as reader:
        await shown(reader)
    kinds = [frame["type"] for frame in reader.frames]
    assert "status" not in kinds[kinds.index("block") :]


async def test_a_hundred_answers_arrive_whole_in_few_messages(alice, pair, wire, settings):
    settings.CHAT_MAX_OPEN_TURNS = settings.CHAT_MESSAGES_PER_MINUTE = 1_000
    one, two = pair
    question = directed(tokens=50, speed=50)
    async with AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(Reader(two, alice, await begin(one, alice, question))) for _ in range(100)
        ]
        for reader in readers:
            await shown(reader)
    assert {reader.text for reader in readers} == {answer_text(question)}
    assert len([kind for kind, _ in wire.sent if kind == "pieces"]) < 50 * 100 / 4


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_lost_or_comes_twice_is_healed(alice, pair, wire, seed):
    one, two = pair
    chance = random.Random(seed)
    wire.loses = lambda *_: chance.random() < 0.3
    wire.repeats = 2
    question = directed(tokens=300, speed=150)
    async with Reader(two, alice, await begin(one, alice, question)) as reader:
        answer = await shown(reader)
    assert answer.text == answer_text(question)


async def test_a_lost_tail_is_noticed_within_a_second_or_so(alice, pair, wire, upstream):
    one, two = pair
    question = directed(tokens=60, speed=200, fault="silence", at=33, seconds=3.5)
    turn = await begin(one, alice, question)
    async with Reader(two, alice, turn) as reader, Reader(one, alice, turn) as beside:
        await reader.reads(1)
        wire.lose("pieces")
        silent = await upstream.ledger.wait_for(lambda entry: entry.fault)
        await beside.until(lambda beside: beside.text == silent.text)
        wire.lose()
        await reader.until(lambda reader: reader.text == beside.text, seconds=2.5)
        assert not beside.of("ended")
        await shown(reader)


async def test_a_lost_end_is_noticed_within_a_second_or_so(alice, pair, wire):
    one, two = pair
    async with Reader(two, alice, await begin(one, alice, directed(tokens=40, speed=100))) as reader:
        await reader.reads(1)
        wire.loses = lambda kind, fields: kind == "pieces" and any(ended for *_, ended in fields["turns"].values())
        await kept(reader.turn, lambda answer: answer.state == "complete")
        await reader.ends(seconds=2.5)
        await shown(reader)


async def test_a_lost_goodbye_is_noticed_too(alice, pair, wire, monkeypatch):
    monkeypatch.setattr("chat.live.mirrors.LINGER_SECONDS", 0)
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await reader.reads(1)
    wire.lose("unwatch")
    await settled(lambda: two.relay.mirrors.get(turn) is None)
    assert one.turns[turn].unwatched_since is None
    wire.lose()
    await settled(lambda: one.turns[turn].unwatched_since is not None, seconds=3)


async def test_who_comes_back_on_another_process_goes_on_where_it_was(alice, pair):
    one, two = pair
    turn = await begin(one, alice, directed(tokens=100, speed=100))
    async with Reader(one, alice, turn) as first:
        await first.reads(60)
    async with Reader(two, alice, turn, Cursor(0, len(first.text))) as second:
        await second.ends()
    assert first.text + second.text == (await row(turn)).text


async def test_a_restart_of_redis_in_mid_answer_loses_nothing(alice, pair, between):
    one, two = pair
    question = directed(tokens=300, speed=50)
    async with Reader(two, alice, await begin(one, alice, question)) as reader:
        await reader.reads(1)
        await asyncio.to_thread(between.kill)
        await kept(reader.turn, lambda answer: len(answer.content[0]["text"] if answer.content else "") > 200)
        await asyncio.to_thread(between.start)
        had = len(reader.text)
        await reader.reads(had + 1, seconds=5)
        assert not reader.of("ended")
        answer = await shown(reader)
    assert answer.text == answer_text(question)


async def test_an_answer_that_ends_while_redis_is_away_is_read_from_the_database(alice, pair, between, monkeypatch):
    monkeypatch.setattr("chat.live.mirrors.SILENT_SECONDS", 1)
    one, two = pair
    question = directed(tokens=100, speed=100)
    async with Reader(two, alice, await begin(one, alice, question)) as reader:
        await reader.reads(1)
        await asyncio.to_thread(between.kill)
        assert (await shown(reader)).text == answer_text(question)


async def test_redis_may_come_after_us(alice, between, processes):
    await asyncio.to_thread(between.kill)
    one, two = await processes.start("one", hears=False), await processes.start("two", hears=False)
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await asyncio.to_thread(between.start)
        await reader.reads(1)


async def test_an_answer_whose_process_vanishes_ends_once_it_is_reaped(alice, pair, processes, settings, monkeypatch):
    settings.CHAT_REAP_SECONDS = 1.5
    monkeypatch.setattr("chat.live.reaper.SIGN_SECONDS", 0.1)
    monkeypatch.setattr("chat.live.mirrors.SILENT_SECONDS", 1)
    one, two = pair
    await processes.vanish(two)
    two = await processes.start("two")
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await kept(turn, lambda answer: answer.content)
        await processes.vanish(one)
        ended = await reader.ends()
    assert ended["state"] == "interrupted"
    assert reader.text.startswith((await row(turn)).text)


async def test_what_was_kept_but_never_came_is_shown_at_the_end(alice, pair, processes, wire, monkeypatch):
    monkeypatch.setattr("chat.live.mirrors.SILENT_SECONDS", 1)
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await reader.reads(1)
        wire.lose("pieces", "pulse", "watch")
        await one.close()
        processes.all.remove(one)
        answer = await shown(reader)
    assert answer.state == "interrupted"
    assert reader.of("block")[-1]["done"]


@pytest.mark.parametrize("lost", [[], ["stop"]])
async def test_a_stop_on_one_process_reaches_the_other(alice, pair, processes, wire, lost):
    one, two = pair
    wire.lose(*lost)
    turn = await begin(one, alice, LONG)
    processes.serves(two)
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        await tab.say("watch", conversation=str((await row(turn)).conversation_id))
        await tab.read(str(turn), 1)
        # Saved only now and then: without the ring it would take a second.
        if not lost:
            one._saver.cancel()
        await tab.say("stop", turn=str(turn))
        assert (await tab.see("ended", turn=str(turn)))["state"] == "stopped"
    assert tab.text(str(turn)) == (await row(turn)).text


async def test_a_tab_on_another_process_sees_what_a_tab_on_this_one_sees(alice, pair, processes, upstream):
    one, two = pair
    session = await sync_to_async(session_of)(alice)
    processes.serves(two)
    async with Tab(session) as there:
        await there.see("hello")
        processes.serves(one)
        async with Tab(session) as here:
            accepted = await here.ask(directed(answer="search", speed=200))
            conversation, turn = accepted["conversation"], accepted["turn"]
            await there.say("watch", conversation=conversation)
            await here.see("ended", turn=turn)
            await there.see("ended", turn=turn)
            again = await here.ask(directed(tokens=60, speed=100), conversation=conversation, parent=turn)
            assert await there.see("turn", turn=again["turn"])
            for tab in (here, there):
                await tab.see("ended", turn=again["turn"])
    for each in (turn, again["turn"]):
        assert there.texts[each] == here.texts[each]
        assert blocks_of(there, each) == blocks_of(here, each)
        assert ends_of(there, each) == ends_of(here, each)


def blocks_of(tab, turn):
    """Each block as its last frame has it."""
    return {frame["index"]: frame for frame in tab.of("block") if frame["turn"] == turn}


def ends_of(tab, turn):
    return [frame for frame in tab.of("ended") if frame["turn"] == turn]


async def test_a_turn_in_the_same_process_crosses_nothing(alice, pair, wire):
    one, _ = pair
    async with Reader(one, alice, await begin(one, alice, directed(tokens=50, speed=200))) as reader:
        await shown(reader)
    assert not wire.sent


async def test_who_looks_before_the_turn_is_here_is_shown_it_all_the_same(alice, pair, wire):
    """Between the commit of a turn and its beginning, another tab may ask for it."""
    one, _ = pair
    question = directed(tokens=50, speed=200)
    mirrored = asyncio.get_running_loop().create_future()

    def held(user, **fields):
        begun = turns.begin(user, **fields)
        reader = Reader(one, alice, begun.turn)
        entering = asyncio.run_coroutine_threadsafe(reader.__aenter__(), mirrored.get_loop())
        mirrored.get_loop().call_soon_threadsafe(mirrored.set_result, entering.result(5))
        return begun

    await one.begin(partial(held, alice, key=uuid4(), conversation=None, parent=None, text=question))
    reader = await mirrored
    await shown(reader)
    assert len(reader.of("delta")) > 5
    assert "watch" not in wire.kinds()
    await reader.__aexit__()


async def test_what_is_somebody_elses_is_not_found(alice, bob, pair):
    one, two = pair
    turn = await begin(one, alice, LONG)
    for runner in pair:
        assert await runner.relay.find(turn, bob.pk) is None
    async with Reader(two, alice, turn):
        assert await two.relay.find(turn, bob.pk) is None
