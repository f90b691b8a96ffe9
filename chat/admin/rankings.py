"""Bars that lie, the longest first: spend by whom, tokens by class, ends, errors; and the tiles above them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chat.admin.call_filters import CLASSES
from chat.admin.charts import share
from chat.admin.records import Records
from chat.models import UsageRecord
from chat.reports import Totals
from chat.reports.figures import Figures
from chat.templatetags.figures import money, short, tokens

MOST = 10
_ENDS = {
    "complete": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
    "open": "Being made",
}


@dataclass(frozen=True)
class Row:
    """A bar with its figures; ``change`` is against the span before."""

    label: str
    href: str
    width: str
    value: str
    part: str
    calls: str = ""
    change: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Ranking:
    """Rows, and how many more there are that are not shown, with what they come to."""

    rows: list[Row]
    more: int = 0
    rest: str = ""


def first(sums: Mapping[Any, Totals], most: int = MOST) -> list[Any]:
    """The keys of those who spent most."""
    return sorted(sums, key=lambda key: (-sums[key].cost, -sums[key].calls, str(key)))[:most]


def spending(
    sums: Mapping[Any, Totals],
    before: Mapping[Any, Totals] | None,
    labels: Mapping[Any, str],
    href: Callable[[Any], str],
    kinds: Mapping[Any, str] | None = None,
) -> Ranking:
    """Who or what spent most; of the others how many they are, and what they spent together."""
    shown = first(sums)
    whole = sum((each.cost for each in sums.values()), Decimal(0))
    most = max((sums[key].cost for key in shown), default=Decimal(0))
    rows = [
        Row(
            label=labels.get(key, str(key)),
            href=href(key),
            width=share(sums[key].cost, most),
            value=_spent(sums[key]),
            part=percent(sums[key].cost, whole),
            calls=tokens(sums[key].calls),
            change=change(sums[key].cost, None if before is None else before.get(key, Totals()).cost),
            kind=(kinds or {}).get(key, ""),
        )
        for key in shown
    ]
    others = sum((each.cost for key, each in sums.items() if key not in set(shown)), Decimal(0))
    return Ranking(rows, len(sums) - len(shown), money(others))


def tokens_by_class(totals: Totals) -> dict[str, int]:
    """The price classes."""
    return {name: getattr(totals.usage, name) for name in CLASSES}


def tokens_ranking(found: Figures, prior: Figures | None, records: Records) -> Ranking:
    """Tokens by price class, in the order of a call."""
    counts = tokens_by_class(found.totals)
    before = tokens_by_class(prior.totals) if prior else None
    return (
        _counted(counts, before, CLASSES, lambda key: records.href(tokens=key), short)
        if any(counts.values())
        else Ranking([])
    )


def ends(found: Figures, prior: Figures | None, records: Records) -> Ranking:
    """Calls for answers by how they ended."""
    counts = {key: found.ends[key] for key in _ENDS if key in found.ends}
    answer = UsageRecord.Purpose.ANSWER.value
    return _counted(
        counts,
        prior.ends if prior else None,
        _ENDS,
        lambda key: records.href(end__exact=key, purpose__exact=answer),
        tokens,
        kinds={key: f"end-{key}" for key in counts},
    )


def errors(found: Figures, prior: Figures | None, records: Records) -> Ranking:
    """Errors of calls for answers by their code, the most frequent first."""
    ordered = dict(sorted(found.errors.items(), key=lambda each: (-each[1], each[0]))[:MOST])
    answer = UsageRecord.Purpose.ANSWER.value
    return _counted(
        ordered,
        prior.errors if prior else None,
        {},
        lambda key: records.href(error=key, purpose__exact=answer),
        tokens,
    )


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """``12 %``, ``0.4 %``; empty where there is no whole."""
    if not whole:
        return ""
    number = float(part) / float(whole) * 100
    return f"{number:.0f} %" if number >= 9.95 or not number else f"{number:.1f} %" if number >= 0.1 else "<0.1 %"


def change(now: Decimal | int, before: Decimal | int | None) -> str:
    """``+12 %``, ``−8 %``, ``×14``, ``new``; empty where there is nothing to compare with."""
    if before is None or not (now or before):
        return ""
    if not before:
        return "new"
    ratio = float(now) / float(before)
    if ratio >= 10:
        return f"×{ratio:.0f}"
    number = round((ratio - 1) * 100)
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{abs(number)} %"


def _spent(totals: Totals) -> str:
    return "unpriced" if totals.unpriced and not totals.cost else money(totals.cost, totals.exactness)


def _counted(
    counts: Mapping[str, int],
    before: Mapping[str, int] | None,
    labels: Mapping[str, str],
    href: Callable[[str], str],
    say: Callable[[int], str],
    kinds: Mapping[str, str] | None = None,
) -> Ranking:
    whole, most = sum(counts.values()), max(counts.values(), default=0)
    return Ranking(
        [
            Row(
                label=labels.get(key, key),
                href=href(key),
                width=share(count, most),
                value=say(count),
                part=percent(count, whole),
                change=change(count, None if before is None else before.get(key, 0)),
                kind=(kinds or {}).get(key, ""),
            )
            for key, count in counts.items()
        ]
    )
