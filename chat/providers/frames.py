"""Server-Sent Events out of the bytes of a body: all that one reading completes, at once.

The SDK's decoder takes line after line, which with many streams was much of what a token cost (``make bench``).
"""

from collections.abc import Iterator
from typing import NamedTuple


class Frame(NamedTuple):
    """One Server-Sent Event: its name, if it has one, and its lines of data."""

    event: str | None
    data: str


class Frames:
    """The frames of one body; ``feed`` it piece by piece, wherever it was cut.

    Lines may end in any of the three ways the standard allows; fields other than ``event`` and ``data`` are left out
    (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
    """

    def __init__(self) -> None:
        self._rest = b""
        self._after_return = False

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that are complete with this piece; ValueError, after those before it, where one is not UTF-8."""
        if b"\r" in piece or (piece and self._after_return):
            piece = self._with_plain_ends(piece)
        complete, end, self._rest = (self._rest + piece).rpartition(b"\n\n")
        if end:
            yield from (frame for lines in complete.split(b"\n\n") if (frame := _frame(lines.decode())))

    def _with_plain_ends(self, piece: bytes) -> bytes:
        if self._after_return:
            piece = piece.removeprefix(b"\n")
        self._after_return = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _frame(lines: str) -> Frame | None:
    event, data = None, []
    for line in lines.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            event = value.removeprefix(" ") or None
    return Frame(event, "\n".join(data)) if event or data else None
