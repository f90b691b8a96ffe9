"""Who watches turns from another process: for how long that counts, and in what messages they are sent."""

import asyncio

import pytest

from chat import turns
from chat.engine.events import BlockStarted, Delta
from chat.engine.excerpt import excerpt
from chat.live import peers
from chat.live.line import Line
from chat.live.peers import Peer
from chat.live.reaper import reap
from chat.providers import get_provider
from tests.live.processes import Reader, begin, directed, kept, row, settled
from tests.live.test_pump import live_turn

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

LONG = directed(tokens=10_000, speed=100)


@pytest.fixture
async def pair(processes):
    """Two web processes that answer themselves."""
    return await processes.start("one"), await processes.start("two")


async def test_a_turn_that_no_process_watches_any_more_is_stopped(alice, pair, settings, monkeypatch):
    monkeypatch.setattr("chat.live.mirrors.LINGER_SECONDS", 0.5)
    settings.CHAT_DETACHED_SECONDS = 0
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await reader.reads(300)  # for longer than nobody may watch
        assert one.turns[turn].unwatched_since is None
    assert (await kept(turn, lambda answer: not answer.is_open)).state == "stopped"


async def test_a_process_that_vanished_watches_only_until_its_lease_ends(alice, pair, processes, monkeypatch):
    monkeypatch.setattr(peers, "LEASE_SECONDS", 2)
    monkeypatch.setattr("chat.live.mirrors.RENEW_SECONDS", 0.5)
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await reader.reads(300)
        assert one.turns[turn].unwatched_since is None
        await processes.vanish(two)
        await settled(lambda: one.turns[turn].unwatched_since is not None)


async def test_a_process_that_cannot_be_reached_is_not_given_up(alice, pair, between, monkeypatch):
    monkeypatch.setattr(peers, "LEASE_SECONDS", 2)
    monkeypatch.setattr("chat.live.mirrors.RENEW_SECONDS", 0.5)
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader, Reader(one, alice, turn) as beside:
        await reader.reads(1)
        await asyncio.to_thread(between.kill)
    since = len(beside.text)
    await settled(lambda: len(one.turns[turn].reply.blocks[0].text) > since + 2_000)  # four seconds
    assert one.turns[turn].unwatched_since is None


async def test_a_fault_in_sending_to_one_process_is_got_over(alice, pair, monkeypatch):
    one, two = pair
    faults = iter([True])
    monkeypatch.setattr(peers, "excerpt", lambda *given: 1 / 0 if next(faults, None) else excerpt(*given))
    async with Reader(two, alice, await begin(one, alice, directed(tokens=60, speed=100))) as reader:
        await reader.ends()
        assert reader.text == (await row(reader.turn)).text


async def test_the_first_words_of_a_turn_do_not_wait_for_the_tick(alice, pair, monkeypatch):
    monkeypatch.setattr(peers, "tick_under", lambda _: 3)
    one, two = pair
    async with Reader(two, alice, await begin(one, alice, LONG)) as busy:
        await busy.reads(1)
        had = len(busy.text)
        async with Reader(two, alice, await begin(one, alice, LONG)) as reader:
            await reader.reads(1, seconds=1)
            await busy.reads(had + 1, seconds=1)  # a message is for all turns


async def test_who_closes_has_told_the_others_of_every_end(alice, pair, wire, monkeypatch):
    monkeypatch.setattr(peers, "tick_under", lambda _: 0.5)
    one, two = pair
    turn = await begin(one, alice, LONG)
    async with Reader(two, alice, turn) as reader:
        await reader.reads(1)
        wire.sent.clear()
        await one.close()
        told = [fields["turns"][str(turn)] for kind, fields in wire.sent if kind == "pieces"]
        assert told[-1][2]["state"] == "interrupted"
        await reader.ends()
        assert reader.text == (await row(turn)).text


async def test_a_turn_that_could_not_be_ended_ends_for_all_when_it_is_reaped(alice, pair, settings, monkeypatch):
    end, failures = turns.end, iter([ValueError("odd"), ValueError("odd")])

    def failing(*arguments, **fields):
        if failure := next(failures, None):
            raise failure
        return end(*arguments, **fields)

    monkeypatch.setattr(turns, "end", failing)
    monkeypatch.setattr("chat.live.reaper.SIGN_SECONDS", 0.1)
    monkeypatch.setattr("chat.live.reaper.is_gone", lambda _: False)
    one, two = pair
    turn = await begin(one, alice, directed(tokens=60, speed=100))
    async with Reader(two, alice, turn) as there, Reader(one, alice, turn) as here:
        await settled(lambda: turn not in one.turns)
        monkeypatch.setattr("chat.live.reaper.is_gone", lambda _: True)
        await reap(await get_provider())
        assert (await here.ends())["state"] == "interrupted"
        assert (await there.ends())["state"] == "interrupted"
        assert here.text == there.text


async def test_who_is_sent_nothing_any_more_is_soon_told_so_no_more(alice, pair, wire, monkeypatch):
    monkeypatch.setattr(peers, "PULSE_SECONDS", 0.05)
    one, two = pair
    async with Reader(two, alice, await begin(one, alice, directed(tokens=20, speed=100))) as reader:
        await reader.ends()
    wire.sent.clear()
    await asyncio.sleep(20 * peers.PULSE_SECONDS)
    pulses = [fields["turns"] for kind, fields in wire.sent if kind == "pulse"]
    assert pulses == [{}] * len(pulses)
    assert len(pulses) <= peers.EMPTY_PULSES
    async with Reader(two, alice, await begin(one, alice, LONG)) as reader:
        await reader.reads(1)
        wire.sent.clear()
        await settled(lambda: sum(kind == "pulse" for kind, _ in wire.sent) > 2 * peers.EMPTY_PULSES)


async def test_what_is_much_is_sent_in_several_messages(wire):
    line = Line("one")
    wire.loses = lambda *_: True
    peer = Peer("process.two", line)
    for _ in range(10):
        turn = live_turn()
        turn.append(BlockStarted(0, {"type": "text", "text": ""}))
        turn.append(Delta(0, "x" * 100_000))
        peer.watch(turn, peers.Cursor())
    await peer.send(peer._progress(list(peer._woken)))
    assert [len(fields["turns"]) for _, fields in wire.sent] == [3, 3, 3, 1]


def test_the_tick_grows_with_load_only():
    assert peers.tick_under(1) == peers.tick_under(10) == 0.005
    assert peers.tick_under(50) == 0.025
    assert peers.tick_under(1_000) == 0.05
