"""The window: how much may be on its way to a reader who does not say that it comes."""

import asyncio

import pytest

from chat.engine.errors import Refused
from chat.live.window import Window


async def has_room(window):
    """Whether a frame may go out now."""
    try:
        async with asyncio.timeout(0.01):
            await window.room()
    except TimeoutError:
        return False
    return True


async def test_frames_go_out_until_the_limit_is_reached():
    window = Window(10)
    window.sent("12345")
    assert await has_room(window)
    window.sent("12345")
    assert not await has_room(window)


async def test_what_is_acknowledged_makes_room():
    window = Window(10)
    for _ in range(3):
        window.sent("12345")
    window.acknowledge(1)
    assert not await has_room(window)
    window.acknowledge(2)
    assert await has_room(window)
    assert window.unacknowledged == 5


async def test_bytes_are_counted_and_not_characters():
    window = Window(10)
    window.sent("🌊🌊🌊")
    assert window.unacknowledged == 12
    assert not await has_room(window)


async def test_an_older_count_changes_nothing():
    window = Window(10)
    window.sent("12345")
    window.acknowledge(1)
    window.acknowledge(0)
    window.sent("12345")
    window.acknowledge(2)
    assert window.unacknowledged == 0


async def test_more_than_was_sent_is_refused():
    window = Window(10)
    window.sent("12345")
    with pytest.raises(Refused, match="only 1 were sent"):
        window.acknowledge(2)
    assert window.unacknowledged == 5


async def test_a_closed_window_holds_nobody_back():
    window = Window(1)
    window.sent("12345")
    waiting = asyncio.create_task(window.room())
    await asyncio.sleep(0)
    window.close()
    await asyncio.wait_for(waiting, 1)


async def test_without_a_limit_nothing_is_counted():
    window = Window()
    window.sent("12345")
    assert window.unacknowledged == 0
