"""How a span went: spend by day and model, and how fast the answers were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from chat.admin import charts
from chat.admin.charts import Chart, Place
from chat.admin.rankings import first
from chat.admin.records import Records
from chat.reports import Totals
from chat.reports.buckets import Bucket, buckets, label
from chat.reports.figures import Day, Figures
from chat.reports.histogram import Histogram, percentile, together
from chat.reports.spans import Span
from chat.templatetags.figures import money, per_second, seconds, tokens

MOST_MODELS = 7
_OTHERS = "others"
_EVERY_DAY = 366
PERCENTS = (50, 95)
HIGHEST = "-1"
"""The order of the list of calls in which what was measured, its second column, is highest first."""


class Series(NamedTuple):
    """A colour and what it stands for."""

    kind: str
    label: str


class Line(NamedTuple):
    """A row of the table behind a chart."""

    title: str
    href: str
    cells: list[str]


@dataclass(frozen=True)
class Pace:
    """How long something took, or how fast it was: half of the answers were within the first figure."""

    href: str
    median: str
    most: str
    chart: Chart
    table: list[Line]


@dataclass(frozen=True)
class Trend:
    """The charts over time; ``unit`` is how long a column is, ``kinds`` the colours of the models."""

    unit: str
    chart: Chart
    series: list[Series]
    table: list[Line]
    kinds: dict[Any, str]
    first_token: Pace | None
    speed: Pace | None


def trend(found: Figures, span: Span, hours: Mapping[int, Day], records: Records, labels: Mapping[Any, str]) -> Trend:
    """What the days of a span that is `shown` came to, as charts, or the ``hours`` where it is a single day."""
    unit, places = buckets(span)
    days = [_together(found.days, place) if place.hour is None else hours.get(place.hour, Day()) for place in places]
    models = {key: each.totals for key, each in found.models.items()}
    kinds = {key: f"series-{number}" for number, key in enumerate(first(models, MOST_MODELS), 1)}
    spend = [[_cost(day, key) for day in days] for key in kinds]
    others = [sum((each.cost for key, each in day.models.items() if key not in kinds), Decimal(0)) for day in days]
    totals = [sum(day.models.values(), Totals()) for day in days]
    said = [
        Place(label(place, unit), records.on(place), f"{place.title}: {_sentence(total)}")
        for place, total in zip(places, totals, strict=True)
    ]
    drawn = [*zip(kinds.values(), spend, strict=True), *([(_OTHERS, others)] if any(others) else [])]
    return Trend(
        unit,
        charts.stacked(said, drawn, lambda number: money(Decimal(number))),
        [Series(kind, labels.get(key, key)) for key, kind in kinds.items()]
        + ([Series(_OTHERS, f"{len(models) - len(kinds)} others")] if any(others) else []),
        [Line(place.title, records.on(place), _cells(total)) for place, total in zip(places, totals, strict=True)],
        {key: kinds.get(key, _OTHERS) for key in models},
        _pace("first_token", [day.first_token for day in days], places, unit, records, seconds),
        _pace("speed", [day.speed for day in days], places, unit, records, per_second),
    )


def shown(found: Figures, today: date) -> Span:
    """The days that are drawn: none that are to come, and of a long span only those from the first call on."""
    begins, span = next(iter(found.days), found.span.first), found.span
    start = span.first if span.length <= _EVERY_DAY else max(span.first, begins)
    return Span(start, max(start, min(span.last, today)))


def _together(days: Mapping[date, Day], place: Bucket) -> Day:
    inside = [days[day] for day in Span(place.first, place.last).days if day in days]
    if len(inside) == 1:
        return inside[0]
    models: dict[str, Totals] = {}
    for day in inside:
        for key, totals in day.models.items():
            models[key] = models.get(key, Totals()) + totals
    return Day(models, together(day.first_token for day in inside), together(day.speed for day in inside))


def _cost(day: Day, model: str) -> Decimal:
    return day.models[model].cost if model in day.models else Decimal(0)


def _pace(
    measure: str, parts: Sequence[Histogram], places: Sequence[Bucket], unit: str, records: Records, say: Any
) -> Pace | None:
    """``measure`` is what the list of calls calls it."""
    if not (whole := together(parts)):
        return None
    chosen = {"measure": measure, "o": HIGHEST}
    half, most = ([percentile(part, percent) for part in parts] for percent in PERCENTS)
    said = [Place(label(place, unit), records.on(place, **chosen), place.title) for place in places]
    chart = charts.lines(said, [("series-1", "p50", half), ("series-2", "p95", most)], say)
    table = [
        Line(each.title, each.href, [_said(one, say), _said(other, say), tokens(sum(part.values()))])
        for each, one, other, part in zip(said, half, most, parts, strict=True)
    ]
    median, highest = (_said(percentile(whole, percent), say) for percent in PERCENTS)
    return Pace(records.href(**chosen), median, highest, chart, table)


def _said(number: float | None, say: Any) -> str:
    return "–" if number is None else say(number)


def _cells(total: Totals) -> list[str]:
    return [money(total.cost, total.exactness), tokens(total.calls), tokens(total.tokens)]


def _sentence(total: Totals) -> str:
    if not total.calls:
        return "no calls"
    return f"{money(total.cost, total.exactness)}, {tokens(total.calls)} call{'s' * (total.calls != 1)}"
