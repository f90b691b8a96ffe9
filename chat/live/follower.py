"""Whoever follows turns as they grow: holds a cursor in each, is woken, and sends what lies between."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chat.engine.excerpt import reaches
from chat.engine.reply import Cursor
from chat.live.turn import LiveTurn


@dataclass(slots=True)
class Progress:
    """What is new in a turn since its follower was last there: from ``cursor`` on, a status, an end.

    ``stale``: while it was being sent, the turn was watched anew or left; the rest need not be sent.
    """

    turn: LiveTurn
    cursor: Cursor
    status: dict[str, Any] | None
    ended: dict[str, Any] | None
    stale: bool = False


class Follower(ABC):
    """Follows any number of turns. ``run`` is a task of its own; ``send`` is the subclass's."""

    def __init__(self) -> None:
        self._cursors: dict[LiveTurn, Cursor] = {}
        self._told: dict[LiveTurn, object] = {}
        self._woken: dict[LiveTurn, None] = {}
        self._wake = asyncio.Event()
        self._sending: Progress | None = None
        self.closed = False

    @abstractmethod
    async def send(self, news: Iterable[Progress]) -> None:
        """Send what is new."""

    def watch(self, turn: LiveTurn, cursor: Cursor) -> None:
        """Send what comes after ``cursor``, and go on until the turn is over. Again for the same turn: start anew."""
        if self.closed:
            return
        # By its id: one that is over may come as another object.
        if self._sending and self._sending.turn.id == turn.id:
            self._sending.stale = True
        self._cursors[turn] = cursor
        self._told.pop(turn, None)
        turn.watch(self, lambda: self._mark(turn))
        self._mark(turn)

    def unwatch(self, conversation: UUID) -> None:
        """Stop sending the turns of a conversation."""
        if self._sending and self._sending.turn.conversation == conversation:
            self._sending.stale = True
        for turn in [turn for turn in self._cursors if turn.conversation == conversation]:
            self._forget(turn)

    def leave(self, turn: UUID) -> None:
        """Stop sending a turn."""
        for each in [each for each in self._cursors if each.id == turn]:
            self._forget(each)

    def close(self) -> None:
        """Watch nothing any more, and let ``run`` return."""
        self.closed = True
        for turn in list(self._cursors):
            self._forget(turn)
        self._wake.set()

    async def run(self) -> None:
        """Send until closed."""
        while not self.closed:
            await self._wake.wait()
            self._wake.clear()
            woken, self._woken = self._woken, {}
            await self.send(self._progress(woken))

    def _progress(self, woken: Iterable[LiveTurn]) -> Iterable[Progress]:
        """What is new in each turn, when its turn comes; the cursors move on at once."""
        for turn in woken:
            cursor = self._cursors.get(turn)
            if cursor is None:
                continue
            status = None if turn.status is self._told.get(turn) else turn.status
            self._told[turn] = turn.status
            if turn.ended:
                self._forget(turn)
            elif reaches(turn.reply.end, cursor):
                # The cursor moves before the sending: what arrives meanwhile is the next frame's.
                self._cursors[turn] = turn.reply.end
            elif not status:
                # A mirror that has only begun, and a reader who saw more of the turn elsewhere.
                continue
            self._sending = Progress(turn, cursor, status, turn.ended)
            yield self._sending
        self._sending = None

    def _mark(self, turn: LiveTurn) -> None:
        self._woken[turn] = None
        self._wake.set()

    def _forget(self, turn: LiveTurn) -> None:
        self._cursors.pop(turn, None)
        self._told.pop(turn, None)
        turn.unwatch(self)
