"""A turn while it is being answered: one growing reply, and whoever watches it.

Watchers hold cursors; a wake only tells them that there is more. So nothing queues, and a slow watcher simply takes
more at once.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from chat.engine.events import Event, Json
from chat.engine.excerpt import Excerpt, take
from chat.engine.reply import Reply

Wake = Callable[[], object]
"""Tells a watcher that there is more; it only takes note, and watches or leaves later."""


class LiveTurn:
    """One answer being made. All methods are for the event loop that owns it."""

    def __init__(self, turn: UUID, conversation: UUID, owner: int) -> None:
        self.id = turn
        self.conversation = conversation
        self.owner = owner
        self.key = str(turn)
        self.reply = Reply()
        self.ended: dict[str, Any] | None = None
        self.unwatched_since: float | None = asyncio.get_running_loop().time()
        self._status: dict[str, Any] | None = None
        self._watchers: dict[object, Wake] = {}

    @property
    def status(self) -> dict[str, Any] | None:
        """The passing state that was told last (a ``status`` frame); ``None`` once there is an answer to be seen."""
        return None if self.reply.blocks else self._status

    def append(self, event: Event) -> None:
        """Take one more event of the answer and wake the watchers."""
        self.reply.append(event)
        self._wake_all()

    def grow(self, new: Excerpt) -> None:
        """Take what the process that answers has sent, and wake the watchers. Raises `excerpt.Gap`."""
        take(self.reply, new)
        self._wake_all()

    def tell(self, status: dict[str, Any]) -> None:
        """Show a passing state (a ``status`` frame) to the watchers of now and of later."""
        self._status = {"type": "status", "turn": self.key, **status}
        self._wake_all()

    def end(self, frame: dict[str, Any]) -> None:
        """The turn is over and kept; ``frame`` is its ``ended`` frame."""
        self.ended = frame
        self._wake_all()

    @classmethod
    def over(cls, frame: dict[str, Any], content: Iterable[Json], owner: int) -> "LiveTurn":
        """A turn that is over, from its ``ended`` frame and the content that is kept."""
        turn = cls(UUID(frame["turn"]), UUID(frame["conversation"]), owner)
        turn.reply = Reply.of(content)
        turn.end(frame)
        return turn

    def watch(self, watcher: object, wake: Wake) -> None:
        """From now on call ``wake`` whenever there is more."""
        self._watchers[watcher] = wake
        self.unwatched_since = None

    def unwatch(self, watcher: object) -> None:
        """Call it no more."""
        self._watchers.pop(watcher, None)
        if not self._watchers and self.unwatched_since is None:
            self.unwatched_since = asyncio.get_running_loop().time()

    def _wake_all(self) -> None:
        for wake in self._watchers.values():
            wake()


def deleted_frame(turn: LiveTurn) -> dict[str, Any]:
    """The end of a turn whose conversation was deleted meanwhile."""
    return {"type": "ended", "turn": turn.key, "conversation": str(turn.conversation), "state": "stopped"}
