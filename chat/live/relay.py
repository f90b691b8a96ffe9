"""The relay: what this process's turns say to other processes, and what theirs say to this one."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID

from chat.live.line import Line
from chat.live.mirrors import Mirrors
from chat.live.peers import Peers
from chat.live.threads import in_thread
from chat.live.turn import LiveTurn
from chat.models import Message


class Relay:
    """The line of a process with what hangs on it: `peers` watch our ``turns``, `mirrors` are those of others."""

    def __init__(
        self, name: str, turns: Mapping[UUID, LiveTurn], spawn: Callable[[Coroutine[Any, Any, Any]], object]
    ) -> None:
        self.line = Line(name)
        self.peers = Peers(self.line, turns, spawn)
        self.mirrors = Mirrors(self.line)
        self._turns = turns

    async def find(self, turn: UUID, owner: int) -> LiveTurn | None:
        """A turn of this person that is not over, wherever it is answered."""
        if self._known(turn) is None and (row := await in_thread(_open_turn)(turn, owner)):
            conversation, runner = row
            # Meanwhile it may have become ours.
            if self._known(turn) is None:
                self.mirrors.add(LiveTurn(turn, conversation, owner), runner)
        found = self._known(turn)
        return found if found and found.owner == owner else None

    async def run(self) -> None:
        """Hear and be heard until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for work in (self.line.run, self.peers.run, self.mirrors.keep_asking, self.mirrors.keep_looking):
                tasks.create_task(work())

    def _known(self, turn: UUID) -> LiveTurn | None:
        return self._turns.get(turn) or self.mirrors.get(turn)


def _open_turn(turn: UUID, owner: int) -> tuple[UUID, str] | None:
    rows = Message.objects.open().filter(pk=turn, conversation__owner=owner)
    return rows.values_list("conversation", "runner").first()
