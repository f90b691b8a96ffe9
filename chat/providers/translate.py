"""From the Messages API's stream events to the engine's: one frame in, the events it means out. Pure."""

import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from chat.engine.events import (
    BlockEnded,
    BlockStarted,
    Delta,
    Ended,
    Event,
    Json,
    Note,
    Outcome,
    Started,
    UsageSeen,
)
from chat.engine.reply import GROWING

logger = logging.getLogger(__name__)

_GROWTH = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "input": ("input_json_delta", "partial_json"),
}
"""Which delta makes a growing field grow, and where in the delta the growth is."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_unknown: set[str] = set()


class Translator:
    """The translation of one stream; it knows which block is open. Raises ValueError for what the API never sends."""

    def __init__(self, request_id: str = "") -> None:
        self._request_id = request_id
        self._started = False
        self._blocks = 0
        self._open: int | None = None
        self._growth = ("", "")
        self._stop_reason: str | None = None
        self._stop_details: Json = {}

    def events(self, name: str | None, data: str) -> Sequence[Event]:
        """What the frame ``name`` with this JSON means; nothing for a frame that is not known."""
        try:
            match name:
                case "content_block_delta":
                    return self._delta(_parsed(data))
                case "content_block_start":
                    return self._block_start(_parsed(data))
                case "content_block_stop":
                    return self._block_stop(_parsed(data))
                case "message_start":
                    return self._start(_parsed(data))
                case "message_delta":
                    return self._message_delta(_parsed(data))
        except (LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"{name} cannot be read: {error!r}") from error
        _log_once(name)
        return ()

    def end(self) -> Ended:
        """What the frame ``message_stop`` means."""
        if not self._started:
            raise ValueError("A message_stop before message_start.")
        return Ended(Outcome.COMPLETE, self._stop_reason, self._stop_details)

    def _start(self, event: Json) -> Sequence[Event]:
        if self._started:
            raise ValueError("A second message_start.")
        self._started = True
        message = event["message"]
        return Started(_string(message["model"]), self._request_id), *_usage(message.get("usage"))

    def _block_start(self, event: Json) -> Sequence[Event]:
        index, block = event["index"], event["content_block"]
        if not self._started or index != self._blocks:
            raise ValueError(f"Block {index} starts where block {self._blocks} should.")
        kind = _string(block["type"])
        self._blocks += 1
        self._open = index
        self._growth = _GROWTH.get(GROWING.get(kind, ""), ("", ""))
        return (BlockStarted(index, block),)

    def _delta(self, event: Json) -> Sequence[Event]:
        index, delta = event["index"], event["delta"]
        if index != self._open:
            raise ValueError(f"More of block {index}, which is not open.")
        kind, field = self._growth
        if delta["type"] == kind:
            return (Delta(index, _string(delta[field])),)
        return (Note(index, delta),)

    def _block_stop(self, event: Json) -> Sequence[Event]:
        index = event["index"]
        if index != self._open:
            raise ValueError(f"The end of block {index}, which is not open.")
        self._open = None
        return (BlockEnded(index),)

    def _message_delta(self, event: Json) -> Sequence[Event]:
        if not self._started:
            raise ValueError("A message_delta before message_start.")
        delta = event.get("delta") or {}
        if (reason := delta.get("stop_reason")) is not None:
            self._stop_reason = _string(reason)
            self._stop_details = delta.get("stop_details") or {}
        if container := delta.get("container"):
            # Of use only to a further call with the same tools; there are none yet that run in a container.
            logger.info("Request %s ran in container %s.", self._request_id, container.get("id"))
        return _usage(event.get("usage"))


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """The same, with the deltas that follow one another in a block as one. What came before a fault still comes."""
    index, texts, fault = 0, list[str](), None
    try:
        for event in events:
            if texts and not (isinstance(event, Delta) and event.index == index):
                yield Delta(index, "".join(texts))
                texts.clear()
            if isinstance(event, Delta):
                index = event.index
                texts.append(event.text)
            else:
                yield event
    except Exception as error:
        fault = error
    if texts:
        yield Delta(index, "".join(texts))
    if fault:
        raise fault


def _parsed(data: str) -> Any:
    event = _DECODER.decode(data)
    # Only an escape can bring in what PostgreSQL and UTF-8 cannot hold.
    return storable(event) if "\\u" in data else event


def storable(value: Any) -> Any:
    """``value`` (JSON) with each NUL and each lone surrogate in its strings replaced by U+FFFD."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    """What is written as a number may still be too large for one, and no database takes an infinity."""
    value = float(number)
    return value if math.isfinite(value) else _refuse(number)


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{value!r:.100} is not a string")


def _usage(usage: Any) -> Sequence[UsageSeen]:
    return (UsageSeen(usage),) if isinstance(usage, dict) else ()


def _log_once(name: str | None) -> None:
    if name and name not in _unknown:
        _unknown.add(name)
        logger.info("The API sent an event that this version does not know: %.100s", name)
