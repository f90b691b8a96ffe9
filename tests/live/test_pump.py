"""The pump: what a socket is sent, and how often."""

import asyncio
import json
from uuid import uuid4

import pytest

from chat.engine.events import BlockStarted, Delta
from chat.engine.reply import Cursor
from chat.live.pump import Pump
from chat.live.turn import LiveTurn
from chat.turns import Begun


def live_turn():
    """A turn that is being answered."""
    ids = {"turn": uuid4(), "conversation": uuid4(), "question": uuid4()}
    return LiveTurn(uuid4(), uuid4(), owner=1)


@pytest.fixture
async def sent():
    """A running pump, and what it has sent, frame by frame."""
    frames = asyncio.Queue()
    pump = Pump(frames.put)
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
    turn.append(BlockStarted(0, {"type": "text", "text": ""}))
    assert not pump.leave(turn.id)
    assert frames.empty()
