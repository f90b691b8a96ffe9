"""Tokens by price class, read from the API's usage objects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call by price class; the classes are disjoint.

    The whole prompt is ``input + cache_write_5m + cache_write_1h + cache_read``; ``thinking`` is part of ``output``.
    """

    input: int = 0
    output: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    thinking: int = 0
    web_searches: int = 0

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt; prices come in bands of it."""
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @classmethod
    def from_api(cls, raw: Mapping[str, Any], *, ttl: str = "5m") -> "Usage":
        """Read a merged usage object (see `merged`).

        With ``iterations`` the sum of these is taken, because the top level then leaves some out; thinking and
        searches stand at the top level only. The split of cache writes by lifetime comes only with ``message_start``
        and may fall behind the total after a tool loop; the rest is counted as ``ttl``, the lifetime that was asked
        for (reference: "Usage" in the API's streaming guide). What is not a count is read as zero.
        """
        thinking = _count(raw, "output_tokens_details", "thinking_tokens")
        web_searches = _count(raw, "server_tool_use", "web_search_requests")
        if iterations := _objects(raw.get("iterations")):
            total = sum((cls.from_api(each, ttl=ttl) for each in iterations), cls())
            return replace(total, thinking=thinking, web_searches=web_searches)
        written = _count(raw, "cache_creation_input_tokens")
        long = min(_count(raw, "cache_creation", "ephemeral_1h_input_tokens"), written)
        short = min(_count(raw, "cache_creation", "ephemeral_5m_input_tokens"), written - long)
        rest = written - long - short
        return cls(
            input=_count(raw, "input_tokens"),
            output=_count(raw, "output_tokens"),
            cache_write_5m=short + (rest if ttl == "5m" else 0),
            cache_write_1h=long + (rest if ttl == "1h" else 0),
            cache_read=_count(raw, "cache_read_input_tokens"),
            thinking=thinking,
            web_searches=web_searches,
        )


def merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Two usage objects of one call as one: counts are cumulative, so what ``later`` names overwrites.

    A field that is absent or null in ``later`` stands as it was; a zero overwrites.
    """
    return {**earlier, **{name: value for name, value in later.items() if value is not None}}


def _count(raw: Mapping[str, Any], *path: str) -> int:
    value: Any = raw
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if type(value) is int and value > 0 else 0


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
