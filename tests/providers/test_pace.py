"""The pace: how often streams are read, by how many are."""

import asyncio
from contextlib import aclosing

import pytest

from chat.providers import pace
from chat.providers.pace import BUSY, LONGEST_PAUSE, Pace, pause_under


class Connection:
    """A connection on which a piece arrives every millisecond; what arrives while it is not read waits."""

    def __init__(self, pieces=100):
        self.asked = []
        self.read_at = []
        self._pieces = pieces

    def pause_reading(self):
        self.asked.append("pause")

    def resume_reading(self):
        self.asked.append("resume")

    async def body(self):
        """What is read of it."""
        clock = asyncio.get_running_loop().time
        began, read = clock(), 0
        while read < self._pieces:
            await asyncio.sleep(0.001)
            arrived = min(int((clock() - began) * 1000), self._pieces)
            if arrived > read:
                self.read_at.append(clock())
                yield b"x" * (arrived - read)
                read = arrived


async def bites(of, connection):
    """The body of a connection, as it is read at this pace."""
    async with aclosing(of.read(connection.body(), lambda: connection)) as pieces:
        return [piece async for piece in pieces]


@pytest.fixture
def busy(monkeypatch):
    """One stream is many."""
    monkeypatch.setattr(pace, "pause_under", lambda load: 0.025)


@pytest.mark.usefixtures("busy")
async def test_under_load_what_arrives_together_is_read_together():
    read = await bites(Pace(), Connection())
    assert b"".join(read) == b"x" * 100
    assert len(read) < 10


@pytest.mark.usefixtures("busy")
async def test_under_load_all_are_read_on_one_beat():
    both, first, second = Pace(), Connection(), Connection()
    await asyncio.gather(bites(both, first), bites(both, second))
    apart = [abs(one - other) for one, other in zip(first.read_at[1:-1], second.read_at[1:-1], strict=False)]
    assert max(apart) < 0.01


@pytest.mark.usefixtures("busy")
async def test_between_two_beats_the_kernel_keeps_what_arrives():
    connection = Connection()
    read = await bites(Pace(), connection)
    assert connection.asked == ["pause", "resume"] * len(read)


@pytest.mark.usefixtures("busy")
async def test_a_body_of_which_all_has_arrived_is_not_waited_for():
    async with aclosing(Pace().read(Connection(pieces=30).body(), lambda: None)) as pieces:
        assert len([piece async for piece in pieces]) > 3


async def test_without_load_every_piece_is_read_at_once():
    connection = Connection()
    read = await bites(Pace(), connection)
    assert len(read) > 20
    assert connection.asked == []


@pytest.mark.parametrize("streams", [0, 1, BUSY - 1])
def test_few_streams_are_never_held_back(streams):
    assert pause_under(streams) == 0


def test_the_pause_grows_with_the_streams_up_to_a_limit():
    assert 0 < pause_under(BUSY) < pause_under(2 * BUSY) <= pause_under(100 * BUSY) == LONGEST_PAUSE
