"""What the simulator served: one entry per request, with what it billed and how its connection ended."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from . import prompt
from .caching import Charge

MAX_ENTRIES = 5000


@dataclass(slots=True, eq=False)
class Entry:
    """One request. Times come twice: `time.monotonic()`, and `time.time()` under the name with `_at`."""

    id: str
    path: str
    started: float = field(default_factory=time.monotonic)
    started_at: float = field(default_factory=time.time)
    model: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    retry: int = 0  # x-stainless-retry-count of the SDK
    status: int = 0
    first_event: float | None = None
    first_event_at: float | None = None
    closed: float | None = None
    closed_at: float | None = None
    how: str | None = None  # finished, client_closed, rejected, stopped, or the fault that ended it
    fault: str | None = None  # the fault played, also when it did not end the connection
    events: int = 0
    charge: Charge | None = None
    grown: int = 0  # input tokens added by the results of server tools
    searches: int = 0
    tokens: int = 0  # output tokens generated so far, thinking included
    thinking_tokens: int = 0
    pieces: list[str] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """The answer's text as far as it was sent."""
        return "".join(self.pieces)

    @property
    def usage(self) -> dict[str, Any]:
        """What would be billed for this request now, in the shape of the API's `usage`."""
        charge = self.charge or Charge(0, 0, 0, 0, ())
        return {
            "input_tokens": charge.input + self.grown,
            "cache_creation_input_tokens": charge.write_5m + charge.write_1h,
            "cache_read_input_tokens": charge.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": charge.write_5m,
                "ephemeral_1h_input_tokens": charge.write_1h,
            },
            "output_tokens": self.tokens,
            "output_tokens_details": {"thinking_tokens": self.thinking_tokens},
            "server_tool_use": {"web_search_requests": self.searches, "web_fetch_requests": 0},
        }

    def generated(self, tokens: int, text: str, thinking: bool) -> None:
        """Add output as it is made; it is billed whether or not it arrives."""
        self.tokens += tokens
        if thinking:
            self.thinking_tokens += tokens
        elif text:
            self.pieces.append(text)

    def mentions(self, text: str) -> bool:
        """Whether any string of the request holds `text`."""
        return any(text in each for each in prompt.strings(self.body))

    def as_json(self) -> dict[str, Any]:
        """The entry as GET /_simulator/ledger shows it."""
        names = ("id", "path", "model", "body", "retry", "status", "started", "started_at", "first_event")
        more = ("first_event_at", "closed", "closed_at", "how", "fault", "events", "text", "usage")
        return {name: getattr(self, name) for name in names + more}


class Ledger:
    """The entries of one simulator, newest last, the oldest dropped beyond 5,000."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()

    def open(self, request_id: str, path: str) -> Entry:
        """Begin an entry."""
        entry = Entry(request_id, path)
        self._entries.append(entry)
        self._notify()
        return entry

    def charge(self, entry: Entry, charge: Charge) -> None:
        """Note what the prompt costs: from here on the request is billed."""
        entry.charge = charge
        self._notify()

    def begin(self, entry: Entry) -> None:
        """Note that the first event is being sent."""
        entry.first_event, entry.first_event_at = time.monotonic(), time.time()
        self._notify()

    def close(self, entry: Entry, how: str) -> None:
        """Note how and when the connection was done with this request; the first call counts."""
        if entry.how is None:
            entry.how, entry.closed, entry.closed_at = how, time.monotonic(), time.time()
            self._notify()

    def get(self, request_id: str) -> Entry | None:
        """The entry of this request id."""
        return next((entry for entry in self._entries if entry.id == request_id), None)

    def find(self, model: str = "", contains: str = "") -> list[Entry]:
        """Entries for this model whose request body holds this text."""
        return [each for each in self if model in ("", each.model) and (not contains or each.mentions(contains))]

    async def wait_for(self, wanted: Callable[[Entry], object], seconds: float = 5.0) -> Entry:
        """The newest entry for which `wanted` holds, as soon as there is one; TimeoutError after `seconds`.

        Looked at anew whenever a request arrives, is charged, sends its first event or closes.
        """
        async with asyncio.timeout(seconds):
            while True:
                for entry in reversed(self._entries):
                    if wanted(entry):
                        return entry
                await self._changed.wait()

    def _notify(self) -> None:
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()
