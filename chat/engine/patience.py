"""How long to wait: one timer that watches many waits, one after another, and can cut the present one short."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """Bounds every ``wait`` by ``idle`` seconds and by ``deadline`` (loop time). Use it in the task that made it.

    `asyncio.timeout` around every event was a fifth of a token's way through the server (``make bench``), because it
    sets and cancels a timer each time. This timer is moved only when it goes off.
    """

    def __init__(self, idle: float, deadline: float) -> None:
        self._idle = idle
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[object] | None = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task else 0
        self._since: float | None = None
        self._cut = False
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """The result of ``awaitable``, or ``TimeoutError`` when it takes too long or is cut short."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_at(self._due(self._since), self._check)
        try:
            return await awaitable
        except asyncio.CancelledError:
            # Only where nobody else has cancelled the task too; asyncio.timeout tells it in the same way.
            if self._cut and self._task and self._task.uncancel() <= self._cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._since, self._cut = None, False

    def cut_short(self) -> None:
        """End the present wait, if there is one."""
        if self._since is not None and not self._cut and self._task:
            self._cut = True
            self._task.cancel()

    def close(self) -> None:
        """Watch no more."""
        if self._timer:
            self._timer.cancel()

    def _due(self, since: float) -> float:
        return min(since + self._idle, self._deadline)

    def _check(self) -> None:
        self._timer = None
        if self._since is None:
            return
        due = self._due(self._since)
        if due <= self._loop.time():
            self.cut_short()
        else:
            self._timer = self._loop.call_at(due, self._check)
