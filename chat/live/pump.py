"""The pump of a socket: takes what lies between its cursors and the ends of the turns it watches, and sends it."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from chat import wire
from chat.engine.reply import Cursor
from chat.live.turn import LiveTurn


class Pump:
    """Sends the progress of all turns that one socket watches. ``run`` is a task of its own, beside the consumer."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._cursors: dict[LiveTurn, Cursor] = {}
        self._told: dict[LiveTurn, object] = {}
        self._woken: dict[LiveTurn, None] = {}
        self._wake = asyncio.Event()
        self.closed = False

    def watch(self, turn: LiveTurn, cursor: Cursor) -> None:
        """Send what comes after ``cursor``, and go on until the turn is over. Again for the same turn: start anew."""
        if self.closed:
            return
        self._cursors[turn] = cursor
        self._told.pop(turn, None)
        turn.watch(self, lambda: self._mark(turn))
        self._mark(turn)

    def unwatch(self, conversation: UUID) -> None:
        """Stop sending the turns of a conversation."""
        for turn in [turn for turn in self._cursors if turn.conversation == conversation]:
            self._forget(turn)

    def close(self) -> None:
        """Watch nothing any more, and let ``run`` return."""
        self.closed = True
        for turn in list(self._cursors):
            self._forget(turn)
        self._wake.set()

    def leave(self, turn: UUID) -> bool:
        """Stop sending a turn; false where it was not being sent."""
        watched = [each for each in self._cursors if each.id == turn]
        for each in watched:
            self._forget(each)
        return bool(watched)

    async def run(self) -> None:
        """Send until closed."""
        while not self.closed:
            await self._wake.wait()
            self._wake.clear()
            woken, self._woken = self._woken, {}
            for turn in woken:
                await self._catch_up(turn)

    async def _catch_up(self, turn: LiveTurn) -> None:
        cursor = self._cursors.get(turn)
        if cursor is None:
            return
        # The cursor moves before the first send: what arrives while we send is the next frame's.
        self._cursors[turn] = turn.reply.end
        frames = wire.progress(turn.key, turn.reply, cursor)
        status, ended = turn.status, turn.ended
        if status is not self._told.get(turn):
            self._told[turn] = status
            if status:
                frames.insert(0, wire.encode(status))
        if ended:
            frames.append(wire.encode(ended))
            self._forget(turn)
        for frame in frames:
            await self._send(frame)

    def _mark(self, turn: LiveTurn) -> None:
        self._woken[turn] = None
        self._wake.set()

    def _forget(self, turn: LiveTurn) -> None:
        self._cursors.pop(turn, None)
        self._told.pop(turn, None)
        turn.unwatch(self)
