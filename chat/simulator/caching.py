"""Prompt caching: which part of a prompt is read from the cache, and which is written to it."""

import time
from typing import NamedTuple

from . import prompt
from .catalogue import Model

SECONDS = {"5m": 300.0, "1h": 3600.0}
LOOKBACK = 20  # blocks before a breakpoint that are searched for an earlier entry
MAX_ENTRIES = 50_000


class Charge(NamedTuple):
    """Input tokens by price class, and the entries to keep once the answer starts."""

    input: int
    read: int
    write_5m: int
    write_1h: int
    keep: tuple[tuple[str, bytes, str], ...]


class Cache:
    """Exact-prefix cache of one process, an entry per breakpoint, refreshed when read."""

    def __init__(self) -> None:
        self._expiry: dict[tuple[str, bytes], float] = {}

    def charge(self, model: Model, parts: list[prompt.Part]) -> Charge:
        """Split the prompt into uncached, read and written tokens; writes nothing yet."""
        total = prompt.count(parts)
        marks = [index for index, part in enumerate(parts) if part.ttl]
        if not marks or parts[marks[-1]].tokens < model.cache_minimum:
            return Charge(total, 0, 0, 0, ())
        last = parts[marks[-1]]
        read = max((self._read(model, parts, mark) for mark in marks), default=0)
        written = last.tokens - read
        keep = tuple((model.id, parts[i].digest, parts[i].ttl) for i in marks if parts[i].tokens >= model.cache_minimum)
        long = last.ttl == "1h"
        return Charge(total - last.tokens, read, 0 if long else written, written if long else 0, keep)

    def _read(self, model: Model, parts: list[prompt.Part], mark: int) -> int:
        now = time.monotonic()
        for part in reversed(parts[max(0, mark - LOOKBACK) : mark + 1]):
            if self._expiry.get((model.id, part.digest), 0.0) > now:
                return part.tokens
        return 0

    def keep(self, charge: Charge) -> None:
        """Make the written prefixes readable: the API does so once the answer starts to stream."""
        for model, digest, ttl in charge.keep:
            self._expiry.pop((model, digest), None)
            self._expiry[model, digest] = time.monotonic() + SECONDS.get(ttl, SECONDS["5m"])
        while len(self._expiry) > MAX_ENTRIES:
            del self._expiry[next(iter(self._expiry))]
