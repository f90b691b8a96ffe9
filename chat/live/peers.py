"""Other processes that watch turns of ours: each gets one batch per tick, for all its turns together.

A watch is a lease: a process that does not renew it for `LEASE_SECONDS` is gone. Once a second each is told which turns
it is sent and how far it should have come, so that every loss is noticed, that of an end or of a good-bye too. One that
is sent nothing is soon told so no more: where Redis is slow, the words of others would wait behind that.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from chat.engine.excerpt import excerpt
from chat.engine.reply import Cursor
from chat.live.follower import Follower, Progress
from chat.live.line import SEND_SECONDS, Line, Message
from chat.live.turn import LiveTurn

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30
PULSE_SECONDS = 1
EMPTY_PULSES = 3
"""In a row: that its last turn is over may be lost, too."""
SHORTEST_TICK, LONGEST_TICK = 0.005, 0.05
TICK_PER_TURN = 0.0005
LARGEST_BATCH = 250_000
"""Characters, more or less: Redis cuts off whoever lags 8 MB behind."""


def tick_under(turns: int) -> float:
    """Seconds between two batches to a process that watches so many turns."""
    return min(max(turns * TICK_PER_TURN, SHORTEST_TICK), LONGEST_TICK)


class Peer(Follower):
    """A process that watches turns of ours."""

    def __init__(self, address: str, line: Line) -> None:
        super().__init__()
        self.address = address
        self.renewed = asyncio.get_running_loop().time()
        self.settled = asyncio.Event()
        self.settled.set()
        self.empty_pulses = 0
        self._line = line
        self._first = asyncio.Event()

    @property
    def sent(self) -> dict[str, Cursor]:
        """How far it should have come, by turn."""
        return {turn.key: cursor for turn, cursor in self._cursors.items()}

    async def send(self, news: Iterable[Progress]) -> None:
        """One batch; then a tick, cut short by the first words of a turn."""
        self._first.clear()
        sent = False
        for turns in _batches(news):
            await self._line.send(self.address, "pieces", turns=turns)
            sent = True
        if not self._woken:
            self.settled.set()
        if sent:
            with suppress(TimeoutError):
                async with asyncio.timeout(tick_under(len(self._cursors))):
                    await self._first.wait()

    def _mark(self, turn: LiveTurn) -> None:
        super()._mark(turn)
        self.settled.clear()
        if self._cursors.get(turn) == Cursor():
            self._first.set()


class Peers:
    """All processes that watch turns of ours."""

    def __init__(
        self, line: Line, turns: Mapping[UUID, LiveTurn], spawn: Callable[[Coroutine[Any, Any, Any]], object]
    ) -> None:
        self._line = line
        self._turns = turns
        self._spawn = spawn
        self._peers: dict[str, Peer] = {}
        line.on("watch", self._take_watch)
        line.on("unwatch", self._take_unwatch)

    async def run(self) -> None:
        """Pulse once a second, until cancelled; then send nothing any more."""
        try:
            while True:
                await asyncio.sleep(PULSE_SECONDS)
                await self._pulse()
        finally:
            for peer in self._peers.values():
                peer.close()

    def watch(self, address: str, turn: LiveTurn, cursor: Cursor = Cursor()) -> None:  # noqa: B008 - immutable
        """Send a turn to the process at ``address``, from ``cursor`` on."""
        peer = self._peers.get(address)
        if peer is None:
            peer = self._peers[address] = Peer(address, self._line)
            self._spawn(self._serve(peer))
        peer.renewed = asyncio.get_running_loop().time()
        peer.watch(turn, cursor)

    async def settle(self) -> None:
        """Wait until all that is new has been sent, if it can be."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                for peer in list(self._peers.values()):
                    await peer.settled.wait()

    async def _serve(self, peer: Peer) -> None:
        try:
            await peer.run()
        except Exception:
            # It goes on watching by asking again.
            logger.exception("The process at %s is not sent its turns any more.", peer.address)
        finally:
            self._forget(peer)

    async def _pulse(self) -> None:
        await asyncio.gather(*(self._pulse_to(peer) for peer in self._peers.values()))

    async def _pulse_to(self, peer: Peer) -> None:
        now = asyncio.get_running_loop().time()
        sent = peer.sent
        peer.empty_pulses = 0 if sent else peer.empty_pulses + 1
        if now - peer.renewed > LEASE_SECONDS:
            self._forget(peer)
        elif peer.empty_pulses <= EMPTY_PULSES and not await self._line.send(peer.address, "pulse", turns=sent):
            # Whom we cannot reach cannot reach us: that is no reason to stop what it watches.
            peer.renewed = now

    def _take_watch(self, message: Message) -> None:
        for key, cursor in message["turns"].items():
            if turn := self._turns.get(UUID(key)):
                self.watch(message["from"], turn, Cursor(*cursor))

    def _take_unwatch(self, message: Message) -> None:
        if peer := self._peers.get(message["from"]):
            for key in message["turns"]:
                peer.leave(UUID(key))

    def _forget(self, peer: Peer) -> None:
        peer.close()
        if self._peers.get(peer.address) is peer:
            del self._peers[peer.address]


def _batches(news: Iterable[Progress]) -> Iterator[dict[str, list[Any]]]:
    """The news as the contents of messages, nearly always of one."""
    batch: dict[str, list[Any]] = {}
    size = 0
    for each in news:
        if each.cursor == each.turn.reply.end and not each.status and not each.ended:
            continue  # it asked for the rest of a turn, and has it
        new = excerpt(each.turn.reply, each.cursor)
        batch[each.turn.key] = [new, each.status, each.ended]
        size += sum(len(text) for text, _ in new[3])
        if size > LARGEST_BATCH:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch
