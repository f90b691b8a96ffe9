"""Tokens by price class, read from the API's usage objects."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, NamedTuple

LARGEST = 100_000_000
"""More than any call comes to: a greater number is no count, and what it would cost fits into no column."""


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
    web_fetches: int = 0

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
        server tools stand at the top level only. The split of cache writes by lifetime comes only with
        ``message_start`` and may fall behind the total after a tool loop; the rest is counted as ``ttl``, the lifetime
        that was asked for (reference: "Usage" in the API's streaming guide). What is not a count is read as zero.
        """
        thinking = _count(raw, "output_tokens_details", "thinking_tokens")
        tools = cls.of_tools(raw)
        if iterations := _objects(raw.get("iterations")):
            total = sum((cls.from_api(each, ttl=ttl) for each in iterations), cls())
            return replace(total, thinking=thinking, web_searches=tools.web_searches, web_fetches=tools.web_fetches)
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
            web_searches=tools.web_searches,
            web_fetches=tools.web_fetches,
        )

    @classmethod
    def of_tools(cls, raw: Mapping[str, Any]) -> "Usage":
        """The requests to server tools alone."""
        return cls(
            web_searches=_count(raw, "server_tool_use", "web_search_requests"),
            web_fetches=_count(raw, "server_tool_use", "web_fetch_requests"),
        )


_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
TOOLS = frozenset({"web_search_requests", "web_fetch_requests"})
"""The API's own tools whose requests `Usage` counts."""
_PRICED = (
    *((name,) for name in _COUNTS),
    ("cache_creation", "ephemeral_5m_input_tokens"),
    ("cache_creation", "ephemeral_1h_input_tokens"),
    *(("server_tool_use", name) for name in sorted(TOOLS)),
)


def is_readable(raw: Mapping[str, Any]) -> bool:
    """Whether all that is priced of a merged usage object is a count, where it is told at all."""
    values = (_at(each, path) for each in (raw, *_objects(raw.get("iterations"))) for path in _PRICED)
    fits = all(count <= LARGEST for count in astuple(Usage.from_api(raw)))
    return fits and all(value is None or _number(value) is not None for value in values)


def uses_other_tools(raw: Mapping[str, Any]) -> bool:
    """Whether a merged usage object counts requests to a tool of the API's that `Usage` does not count."""
    told = raw.get("server_tool_use")
    others = set(told if isinstance(told, Mapping) else ()) - TOOLS
    return any(name.endswith("_requests") and _count(raw, "server_tool_use", name) for name in others)


class Terms(NamedTuple):
    """Where, how fast and in which tier the API says that it served a call; empty where it does not say."""

    region: str = ""
    speed: str = ""
    tier: str = ""

    @classmethod
    def from_api(cls, raw: Mapping[str, Any]) -> "Terms":
        """Read a merged usage object."""
        said = [raw.get(name) for name in ("inference_geo", "speed", "service_tier")]
        return cls(*(each if isinstance(each, str) else "" for each in said))

    @property
    def special(self) -> list[str]:
        """Those that a price may depend on."""
        return [term for term in self if term not in PLAIN]


PLAIN = frozenset({"", "standard", "global", "not_available", "priority"})
"""Terms that cost nothing extra. The priority tier is paid by contract; here its tokens have their list prices."""


class Part(NamedTuple):
    """What of a call is priced by itself; an empty ``model`` is the one that answered."""

    model: str
    usage: Usage


def parts(raw: Mapping[str, Any], *, ttl: str = "5m") -> list[Part]:
    """A merged usage object as what is priced one by one: the whole, or where there are ``iterations`` each of them.

    An iteration is a run of a model with a prompt of its own, and after a fallback or a compaction perhaps of another
    model than the one that answered.
    """
    iterations = _objects(raw.get("iterations"))
    if not iterations:
        return [Part("", Usage.from_api(raw, ttl=ttl))]
    found = [Part(_name(each.get("model")), Usage.from_api(each, ttl=ttl)) for each in iterations]
    tools = Usage.of_tools(raw)
    return [*found, Part("", tools)] if tools != Usage() else found


def kinds(raw: Mapping[str, Any]) -> list[str]:
    """What the API calls each of the ``iterations``, say ``message`` or ``compaction``; they are the first `parts`."""
    return [_name(each.get("type")) for each in _objects(raw.get("iterations"))]


def merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Two usage objects of one call as one: counts are cumulative, so what ``later`` names overwrites.

    A field that is absent or null in ``later`` stands as it was, inside an object too; a zero overwrites. Where
    ``iterations`` stand, what the top level counts since they were told is added to the last of them: see `_gone_on`.
    """
    whole = {**earlier, **_told(later)}
    for name, value in whole.items():
        before = earlier.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            whole[name] = {**before, **_told(value)}
    if has_old_runs(earlier, later):
        whole["iterations"] = _gone_on(_objects(earlier["iterations"]), earlier, later)
    return whole


def has_old_runs(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether ``later`` does not tell of the runs of which ``earlier`` did."""
    return bool(_objects(earlier.get("iterations"))) and not _objects(later.get("iterations"))


def _gone_on(
    runs: list[Mapping[str, Any]], earlier: Mapping[str, Any], later: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The runs after ``later``: what the top level has counted since they were told is of the last, which goes on.

    The top level leaves out runs that are over (reference: "Usage"; compaction and fallbacks), so what is new is its
    growth, not its total. A total above that of all runs holds all the same: nothing that was counted is lost.
    """
    last = dict(runs[-1])
    for name in _COUNTS:
        # What is no count stays what it is: it has no price.
        if later.get(name) is not None and _number(last.get(name) or 0) is not None:
            total = sum(_count(run, name) for run in runs)
            grown = max(_count(later, name) - _count(earlier, name), 0)
            if more := max(grown, _count(later, name) - total):
                last[name] = _count(last, name) + more
    return [*runs[:-1], last]


def with_output(raw: Mapping[str, Any], output: int) -> dict[str, Any]:
    """A usage object with so much output in all; of ``iterations`` the last, the running one, takes the difference."""
    whole = {**raw, "output_tokens": output}
    if runs := _objects(raw.get("iterations")):
        own = _count(runs[-1], "output_tokens") + output - Usage.from_api(raw).output
        whole["iterations"] = [*runs[:-1], {**runs[-1], "output_tokens": max(own, 0)}]
    return whole


def _told(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value is not None}


def _count(raw: Mapping[str, Any], *path: str) -> int:
    return _number(_at(raw, path)) or 0


def _at(raw: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = raw
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _number(value: Any) -> int | None:
    """A count, which JSON may also write as 12.0; ``None`` for all else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= LARGEST else None


def _name(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
