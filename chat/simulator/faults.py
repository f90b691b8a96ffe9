"""The faults: everything that reference/anthropic-api.md section 4 says can go wrong, on request."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import wire
from .directive import Directive
from .errors import ApiError
from .steps import PING, Step, event, pings

MIDDLE = 10

Play = Callable[[Directive, "Place"], Iterator[Step]]


class Place(NamedTuple):
    """Where in a stream a fault is played."""

    following: Step
    blocks: int  # blocks started before


def error(directive: Directive, place: Place) -> Iterator[Step]:
    """An error event, then the end of the body."""
    failed = ApiError(200, directive.message, directive.error_type or "overloaded_error", directive.error_code)
    yield Step(wire.frame("error", wire.error_body(failed, wire.new_id("req"))), name="error", close="end")


def error_text(directive: Directive, place: Place) -> Iterator[Step]:
    """An error event whose data is not JSON."""
    yield Step(wire.raw_frame("error", directive.message or "upstream connect error"), name="error", close="end")


def reset(directive: Directive, place: Place) -> Iterator[Step]:
    """A TCP reset."""
    yield Step(close="reset")


def cut(directive: Directive, place: Place) -> Iterator[Step]:
    """A FIN inside the chunked body."""
    yield Step(close="cut")


def end(directive: Directive, place: Place) -> Iterator[Step]:
    """A body that ends in good order, too early."""
    yield Step(close="end")


def no_blank_line(directive: Directive, place: Place) -> Iterator[Step]:
    """The following frame without the blank line that would complete it, then the end of the body."""
    yield place.following._replace(data=place.following.data[:-1], close="end")


def bad_json(directive: Directive, place: Place) -> Iterator[Step]:
    """A data line that is not JSON."""
    broken = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","te'
    yield Step(wire.raw_frame("content_block_delta", broken), name="content_block_delta")


def bad_utf8(directive: Directive, place: Place) -> Iterator[Step]:
    """A data line that is not UTF-8."""
    delta = {"index": 0, "delta": {"type": "text_delta", "text": "%"}}
    data = wire.frame("content_block_delta", delta).replace(b"%", b"\xff\xc3\x28")
    yield Step(data, name="content_block_delta")


def bad_index(directive: Directive, place: Place) -> Iterator[Step]:
    """A delta for a block that never started."""
    yield event("content_block_delta", {"index": 99, "delta": {"type": "text_delta", "text": "lost"}})


def bad_tool_json(directive: Directive, place: Place) -> Iterator[Step]:
    """A tool call whose input stops in the middle of its JSON."""
    call = {"type": "tool_use", "id": wire.new_id("toolu"), "name": "get_weather", "input": {}}
    piece = {"type": "input_json_delta", "partial_json": '{"city": Par'}
    yield event("content_block_start", {"index": place.blocks, "content_block": call})
    yield event("content_block_delta", {"index": place.blocks, "delta": piece})
    yield event("content_block_stop", {"index": place.blocks})


def silence(directive: Directive, place: Place) -> Iterator[Step]:
    """Nothing for `seconds`, or for ever."""
    yield Step(wait=math.inf if directive.seconds is None else directive.seconds)


def only_pings(directive: Directive, place: Place) -> Iterator[Step]:
    """Nothing but pings for `seconds`, or for ever."""
    yield from pings(math.inf if directive.seconds is None else directive.seconds)


STREAM: dict[str, Play] = {
    "error": error,
    "error_text": error_text,
    "reset": reset,
    "cut": cut,
    "end": end,
    "no_blank_line": no_blank_line,
    "bad_json": bad_json,
    "bad_utf8": bad_utf8,
    "bad_index": bad_index,
    "bad_tool_json": bad_tool_json,
    "silence": silence,
    "pings": only_pings,
}
BEFORE = frozenset({"close", "hang", "html", "json"})  # played by the server instead of a stream
LAST = Step(PING, name="ping")


def inject(steps: Iterator[Step], directive: Directive) -> Iterator[Step]:
    """The steps of a stream with the directive's fault in its place; a place that never comes is the end."""
    play = STREAM[str(directive.fault)]
    at = directive.at if directive.at is not None else "last" if play is no_blank_line else MIDDLE
    sent, blocks, played = 0, 0, False
    for step in steps:
        if not played and step.data and (sent == at or (at == "last" and step.name == "message_stop")):
            played = True
            yield from play(directive, Place(step, blocks))
        sent += bool(step.data)
        blocks += step.name == "content_block_start"
        yield step
    if not played:
        yield from play(directive, Place(LAST, blocks))


def known(fault: str | int) -> bool:
    """Whether there is such a fault."""
    return fault in STREAM or fault in BEFORE or (isinstance(fault, int) and 400 <= fault <= 599)


class Attempts:
    """Counts attempts, so that a fault with `times` lets a later one through."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def arm(self, directive: Directive, text: str) -> bool:
        """Whether the fault is to be played on this attempt; counts it. ApiError 400 for an unknown fault."""
        if directive.fault is None:
            return False
        if not known(directive.fault):
            raise ApiError(400, f"simulator directive: there is no fault {directive.fault!r}")
        key = directive.key or text
        self._seen[key] += 1
        return directive.times is None or self._seen[key] <= directive.times
