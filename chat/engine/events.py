"""What happens while an answer is made, as values.

The legal order, which `Reply` relies on::

    (Calling Started? CallFailed)*                                    calls that failed unseen and were made again
    (Calling (Started (BlockStarted (Delta | Note)* BlockEnded?)*)?)?  the last call, if it was not stopped before
    Ended

Blocks come one after another and are numbered from 0; one that is open when the next starts, or the answer ends, stays
open. ``UsageSeen`` may come anywhere after ``Started``. The order within a call is the provider's duty; that there is
exactly one ``Ended``, last, and that no block is shown of a call that is made again, is `generation`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chat.engine.errors import ProviderError

Json = Mapping[str, Any]


class Outcome(StrEnum):
    """How an answer ended; also the final states of a turn."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Calling:
    """A call to the API is about to be made; ``attempt`` counts from 1. Nothing has been sent yet."""

    attempt: int


@dataclass(frozen=True, slots=True)
class CallFailed:
    """That call failed before anything was shown and is tried again in ``retry_in`` seconds."""

    error: ProviderError
    retry_in: float


@dataclass(frozen=True, slots=True)
class Started:
    """The API took the question: the model that answers (it may be a dated snapshot) and the request's id."""

    model: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class UsageSeen:
    """The API's own usage object, as sent. Counts are cumulative: a later one overwrites, field by field."""

    usage: Json


@dataclass(frozen=True, slots=True)
class BlockStarted:
    """A content block begins; ``block`` is the API's own object, e.g. ``{"type": "text", "text": ""}``."""

    index: int
    block: Json


@dataclass(frozen=True, slots=True)
class Delta:
    """More of a block's growing text: its text, its thinking, or its streamed JSON input."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A delta that is not growing text (signature, citation, or one we do not know yet), as the API sent it."""

    index: int
    delta: Json


@dataclass(frozen=True, slots=True)
class BlockEnded:
    """A content block is complete."""

    index: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The end, and the last event. ``error`` is set exactly where ``outcome`` is ``FAILED``."""

    outcome: Outcome
    stop_reason: str | None = None
    stop_details: Json = field(default_factory=dict)
    error: ProviderError | None = None


Event = Calling | CallFailed | Started | UsageSeen | BlockStarted | Delta | Note | BlockEnded | Ended
