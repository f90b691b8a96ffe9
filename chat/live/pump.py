"""The pump of a socket: takes what lies between its cursors and the ends of the turns it watches, and sends it."""

from collections.abc import Awaitable, Callable, Iterable

from chat import wire
from chat.live.follower import Follower, Progress
from chat.live.window import Window


class Pump(Follower):
    """Sends the progress of all turns that one socket watches, as frames, while there is room in its window.

    ``put`` sends an encoded frame.
    """

    def __init__(self, put: Callable[[str], Awaitable[None]], window: Window) -> None:
        super().__init__()
        self._put = put
        self._window = window

    async def send(self, news: Iterable[Progress]) -> None:
        """Its status, its new text, its end: turn by turn."""
        for each in news:
            for frame in _frames(each):
                await self._window.room()
                if each.stale or self.closed:
                    break
                await self._put(frame)


def _frames(new: Progress) -> list[str]:
    frames = wire.progress(new.turn.key, new.turn.reply, new.cursor)
    if new.status:
        frames.insert(0, wire.encode(new.status))
    if new.ended:
        frames.append(wire.encode(new.ended))
    return frames
