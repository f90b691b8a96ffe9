"""The pace: how often a stream is read, by how many are."""

import asyncio
from contextlib import aclosing

import pytest

from chat.providers.pace import BUSY, LONGEST_PAUSE, Paced, pause_under

PIECES = 100


class Body:
    """A connection on which a piece arrives every millisecond and waits until it is read."""

    async def aiter_bytes(self):
        clock = asyncio.get_running_loop().time
        began, read = clock(), 0
        while read < PIECES:
            await asyncio.sleep(0.001)
            arrived = min(int((clock() - began) * 1000), PIECES)
            if arrived > read:
                yield b"x" * (arrived - read)
                read = arrived


async def bites(load):
    """The body, as it is read under this load."""
    async with aclosing(Paced(Body(), lambda: load).aiter_bytes()) as pieces:
        return [piece async for piece in pieces]


async def test_under_load_what_arrives_together_is_read_together():
    read = await bites(10 * BUSY)
    assert b"".join(read) == b"x" * PIECES
    assert len(read) < PIECES / 10


async def test_without_load_every_piece_is_read_at_once():
    few, many = await asyncio.gather(bites(1), bites(10 * BUSY))
    assert len(few) > 3 * len(many)


@pytest.mark.parametrize("streams", [0, 1, BUSY - 1])
def test_few_streams_are_never_held_back(streams):
    assert pause_under(streams) == 0


def test_the_pause_grows_with_the_streams_up_to_a_limit():
    assert 0 < pause_under(BUSY) < pause_under(2 * BUSY) <= pause_under(100 * BUSY) == LONGEST_PAUSE
