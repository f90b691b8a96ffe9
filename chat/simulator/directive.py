"""Directives: `[[sim {...}]]` inside a user message tells the simulator what to answer and what to break."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError

OPENING, CLOSING = "[[sim ", "]]"


@dataclass(frozen=True, slots=True)
class Directive:
    """What one request asks of the simulator; every field is a key of the JSON, all optional. Times in seconds."""

    # What to answer.
    answer: str | None = None  # a demo by name, whatever the words
    text: str | None = None  # exactly this
    generate: str | None = None  # a generator of `generators.py`
    size: int = 0  # characters to generate
    blocks: list[dict[str, Any]] | None = None  # exactly these content blocks, in the API's shape
    tokens: int | None = None  # cut the answer, or fill it up, to this many tokens; 0 = no content at all
    stamps: bool = False  # `tokens` pieces " index:monotonic_ns", made at the moment they are sent
    thinking: bool | str | None = None  # think first (this text), or do not
    redacted: bool = False  # a redacted_thinking block first
    title: str | dict[str, Any] | None = None  # for the title request about this message: text, or a directive
    # How it ends.
    stop_reason: str | None = None
    pauses: int = 0  # so many times it pauses in a search before it answers; each continuation is a request
    stop_details: dict[str, Any] | None = None
    usage: dict[str, Any] = field(default_factory=dict)  # merged over the usage of the last message_delta
    message_deltas: int = 1
    iterations: list[dict[str, Any]] | None = None  # told in the usage of the first message_delta
    model: str | None = None  # the model that the answer names
    # How fast.
    speed: float | None = None  # deltas a second; 0 = as fast as possible
    per_event: int = 1  # tokens in one delta
    head_delay: float = 0.0
    first_delay: float = 0.0
    pings: float = 0.0  # this long nothing but pings after message_start
    # What is unknown or broken.
    unknown: str | None = None  # "block", "delta" or "event"
    fault: str | int | None = None  # a name of `faults.py`, or an HTTP status
    at: int | str | None = None  # how many events come before it; or "last" (before message_stop), "end" (after)
    seconds: float | None = None  # how long silence or pings last; without it for ever
    times: int | None = None  # only for the first attempts with the same `key` (or the same message)
    key: str = ""
    retry_after: str | float | None = None  # seconds, or any text: the header is sent as it stands here
    status: int = 200  # of the html and json faults
    error_type: str = ""
    error_code: str = ""
    message: str = ""


FIELDS = frozenset(each.name for each in dataclasses.fields(Directive))
INJECTED = frozenset({"block", "delta", "event", None})


def read(text: str) -> tuple[str, dict[str, Any]]:
    """`text` without its directives, and the directives' keys merged; ApiError 400 when one cannot be read."""
    kept: list[str] = []
    found: dict[str, Any] = {}
    while (start := text.find(OPENING)) >= 0:
        try:
            value, length = json.JSONDecoder().raw_decode(text[start + len(OPENING) :])
        except ValueError as error:
            raise ApiError(400, f"simulator directive is not JSON: {error}") from None
        end = start + len(OPENING) + length
        if not isinstance(value, dict) or not text.startswith(CLOSING, end):
            raise ApiError(400, "simulator directive must be [[sim {...}]]")
        kept.append(text[:start])
        found |= value
        text = text[end + len(CLOSING) :]
    return "".join((*kept, text)).strip(), found


def build(keys: Mapping[str, Any]) -> Directive:
    """The directive of these keys; ApiError 400 for one that does not exist or cannot be sent."""
    if unknown := sorted(keys.keys() - FIELDS):
        raise ApiError(400, f"simulator directive has no key {unknown[0]!r}")
    try:
        json.dumps(dict(keys), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ApiError(400, "simulator directive holds a lone surrogate") from None
    found = Directive(**keys)
    if found.unknown not in INJECTED:
        raise ApiError(400, "simulator directive: unknown must be block, delta or event")
    return found
