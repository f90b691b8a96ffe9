"""The pump of a socket: takes what lies between its cursors and the ends of the turns it watches, and sends it."""

from collections.abc import Awaitable, Callable, Iterable

from chat import wire
from chat.live.follower import Follower, Progress


class Pump(Follower):
    """Sends the progress of all turns that one socket watches, as frames; ``put`` sends an encoded frame."""

    def __init__(self, put: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self._put = put

    async def send(self, news: Iterable[Progress]) -> None:
        """Its status, its new text, its end: turn by turn."""
        for each in news:
            frames = wire.progress(each.turn.key, each.turn.reply, each.cursor)
            if each.status:
                frames.insert(0, wire.encode(each.status))
            if each.ended:
                frames.append(wire.encode(each.ended))
            for frame in frames:
                await self._put(frame)
