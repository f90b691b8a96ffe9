"""The pump: what a socket is sent, and how often."""

import asyncio
import json
from uuid import uuid4

import pytest

from chat.engine.events import BlockStarted, Delta
from chat.engine.reply import Cursor
from chat.live.pump import Pump
from chat.live.turn import LiveTurn
from chat.live.window import Window


def live_turn():
    """A turn that is being answered."""
    return LiveTurn(uuid4(), uuid4(), owner=1)


@pytest.fixture
async def sent():
    """A running pump, and what it has sent, frame by frame."""
    frames = asyncio.Queue()
    pump = Pump(frames.put, Window())
    pumping = asyncio.create_task(pump.run())
    yield pump, frames
    pump.close()
    await pumping


async def text_of(frames):
    """The next frame's text."""
    async with asyncio.timeout(5):
        return json.loads(await frames.get()).get("text")


async def test_what_grows_while_it_sends_is_one_frame(sent):
    pump, frames = sent
    turn = live_turn()
    turn.append(BlockStarted(0, {"type": "text", "text": ""}))
    pump.watch(turn, Cursor())
    assert await text_of(frames) is None
    for word in ("One ", "two ", "three"):
        turn.append(Delta(0, word))
    assert await text_of(frames) == "One two three"


async def test_a_closed_pump_watches_nothing_more(sent):
    pump, frames = sent
    turn = live_turn()
    pump.close()
    pump.watch(turn, Cursor())
    assert turn.unwatched_since is not None
    turn.append(BlockStarted(0, {"type": "text", "text": ""}))
    assert frames.empty()


async def test_who_has_seen_more_elsewhere_is_sent_what_comes_after_that_and_nothing_twice(sent):
    pump, frames = sent
    turn = live_turn()
    pump.watch(turn, Cursor(0, 6))
    turn.tell({"state": "waiting"})
    assert json.loads(await frames.get())["type"] == "status"
    turn.append(BlockStarted(0, {"type": "text", "text": ""}))
    turn.append(Delta(0, "Seen"))
    turn.append(Delta(0, " to here, and on."))
    frame = json.loads(await frames.get())
    while frame["type"] == "block":
        frame = json.loads(await frames.get())
    assert (frame["offset"], frame["text"]) == (6, "o here, and on.")


async def test_who_has_seen_more_than_was_kept_is_told_of_the_end(sent):
    pump, frames = sent
    turn = live_turn()
    pump.watch(turn, Cursor(0, 100))
    turn.append(BlockStarted(0, {"type": "text", "text": ""}))
    turn.end({"type": "ended"})
    async with asyncio.timeout(5):
        while json.loads(await frames.get())["type"] != "ended":
            pass
