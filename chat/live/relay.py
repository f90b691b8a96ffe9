"""The relay: what this process's turns say to other processes, and what theirs say to this one."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID

from chat.live.line import Line
from chat.live.mirrors import Mirrors
from chat.live.peers import Peers
from chat.live.turn import LiveTurn


class Relay:
    """The line of a process with what hangs on it: `peers` watch our ``turns``, `mirrors` are those of others."""

    def __init__(
        self, name: str, turns: Mapping[UUID, LiveTurn], spawn: Callable[[Coroutine[Any, Any, Any]], object]
    ) -> None:
        self.line = Line(name)
        self._turns = turns
        self._peers = Peers(self.line, turns, spawn)
        self.mirrors = Mirrors(self.line)

    async def find(self, turn: UUID) -> LiveTurn | None:
        """A turn that is not over, wherever it is answered."""
        return self._turns.get(turn) or await self.mirrors.find(turn)

    async def run(self) -> None:
        """Hear and be heard until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.line.run())
            tasks.create_task(self._peers.run())
            tasks.create_task(self.mirrors.run())
