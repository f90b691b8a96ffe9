"""Other processes that watch turns of ours: each gets one batch per tick, for all its turns together.

A watch is a lease: a process that does not renew it for `LEASE_SECONDS` is gone. Once a second each is told how far it
should have come, so that a lost tail is noticed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from chat.engine.excerpt import excerpt
from chat.engine.reply import Cursor
from chat.live.follower import Follower, Progress
from chat.live.line import Line, Message
from chat.live.turn import LiveTurn

LEASE_SECONDS = 30
PULSE_SECONDS = 1
SHORTEST_TICK, LONGEST_TICK = 0.005, 0.05
TICK_PER_TURN = 0.0005


def tick_under(turns: int) -> float:
    """Seconds between two batches to a process that watches so many turns."""
    return min(max(turns * TICK_PER_TURN, SHORTEST_TICK), LONGEST_TICK)


class Peer(Follower):
    """A process that watches turns of ours."""

    def __init__(self, address: str, line: Line) -> None:
        super().__init__()
        self.address = address
        self.renewed = asyncio.get_running_loop().time()
        self._line = line
        self._first = asyncio.Event()

    @property
    def sent(self) -> dict[str, Cursor]:
        """How far it should have come, by turn."""
        return {turn.key: cursor for turn, cursor in self._cursors.items()}

    async def send(self, news: Iterable[Progress]) -> None:
        """One batch; then a tick, cut short by the first words of a turn."""
        self._first.clear()
        turns = {each.turn.key: [excerpt(each.turn.reply, each.cursor), each.status, each.ended] for each in news}
        if turns:
            await self._line.send(self.address, "pieces", turns=turns)
            with suppress(TimeoutError):
                async with asyncio.timeout(tick_under(len(self._cursors))):
                    await self._first.wait()

    def _mark(self, turn: LiveTurn) -> None:
        super()._mark(turn)
        if self._cursors.get(turn) == Cursor():
            self._first.set()


class Peers:
    """All processes that watch turns of ours."""

    def __init__(
        self,
        line: Line,
        turns: Mapping[UUID, LiveTurn],
        spawn: Callable[[Coroutine[Any, Any, Any]], object],
    ) -> None:
        self._line = line
        self._turns = turns
        self._spawn = spawn
        self._peers: dict[str, Peer] = {}
        line.on("watch", self._watch)
        line.on("unwatch", self._unwatch)

    async def run(self) -> None:
        """Pulse once a second, until cancelled; then send nothing any more."""
        try:
            while True:
                await asyncio.sleep(PULSE_SECONDS)
                await self._pulse()
        finally:
            for peer in self._peers.values():
                peer.close()

    async def _pulse(self) -> None:
        """Tell everybody how far they should have come, and forget those that are gone."""
        now = asyncio.get_running_loop().time()
        for peer in list(self._peers.values()):
            if now - peer.renewed > LEASE_SECONDS:
                peer.close()
                del self._peers[peer.address]
            elif sent := peer.sent:
                await self._line.send(peer.address, "pulse", turns=sent)

    def _watch(self, message: Message) -> None:
        peer = self._peer(message["from"])
        gone = []
        for key, cursor in message["turns"].items():
            if turn := self._turns.get(UUID(key)):
                peer.watch(turn, Cursor(*cursor))
            else:
                gone.append(key)
        if gone:
            self._spawn(self._say_gone(peer.address, gone))

    def _unwatch(self, message: Message) -> None:
        if peer := self._peers.get(message["from"]):
            for key in message["turns"]:
                peer.leave(UUID(key))

    async def _say_gone(self, address: str, turns: list[str]) -> None:
        await self._line.send(address, "gone", turns=turns)

    def _peer(self, address: str) -> Peer:
        peer = self._peers.get(address)
        if peer is None:
            peer = self._peers[address] = Peer(address, self._line)
            self._spawn(peer.run())
        peer.renewed = asyncio.get_running_loop().time()
        return peer
