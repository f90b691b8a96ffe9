"""The window of a socket: how much may be on its way to a reader who has not said that it came.

daphne takes whatever it is given and keeps what the network does not take, without bound
(django/daphne#170); so we stop giving. What is not sent costs nothing: it is the reply itself.
"""

import asyncio
from collections import deque
from math import inf

from chat.engine.errors import Refused


class Window:
    """Counts frames and their bytes. ``limit``: bytes that may be unacknowledged before ``room`` waits."""

    def __init__(self, limit: float = inf) -> None:
        self.unacknowledged = 0
        self._limit = limit
        self._acknowledged = 0
        self._sizes: deque[int] = deque()
        self._room = asyncio.Event()
        self._room.set()

    def sent(self, frame: str) -> None:
        """Take note of a frame that goes out."""
        if self._limit == inf:
            return
        size = len(frame) if frame.isascii() else len(frame.encode())
        self._sizes.append(size)
        self.unacknowledged += size
        if self.unacknowledged >= self._limit:
            self._room.clear()

    def acknowledge(self, frames: int) -> None:
        """The reader has taken so many frames, all in all. Raises `Refused` where so many were not sent."""
        new = frames - self._acknowledged
        if new > len(self._sizes):
            raise Refused("bad_frame", f"frames: only {self._acknowledged + len(self._sizes)} were sent.")
        for _ in range(new):
            self.unacknowledged -= self._sizes.popleft()
        self._acknowledged = max(frames, self._acknowledged)
        if self.unacknowledged < self._limit:
            self._room.set()

    async def room(self) -> None:
        """Wait until there is room for a frame."""
        await self._room.wait()

    def close(self) -> None:
        """Nothing is sent any more: whoever waits need not."""
        self._limit = inf
        self._room.set()
