"""What a span of days came to: by day, model, person, group, end and error, and how fast the answers were.

From rollups where there are, else from the records themselves; both are made by the same queries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from chat.models import Rollup, User
from chat.reports import rollups
from chat.reports.histogram import Histogram
from chat.reports.rollups import By, Sums
from chat.reports.spans import Interval, Span, day_of
from chat.reports.totals import SUMS, Totals, totals_of

_NOTHING = Sums()


@dataclass
class Day:
    """What a day came to, by model, and how fast the answers were."""

    models: dict[str, Totals] = field(default_factory=dict)
    first_token: Histogram = field(default_factory=dict)
    speed: Histogram = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What a span came to.

    In ``users`` the key of who was deleted is ``None``; ``ends`` and ``errors`` count calls for answers.
    """

    span: Span
    days: dict[date, Day]
    models: dict[str, Sums]
    users: dict[int | None, Totals]
    ends: dict[str, int]
    errors: dict[str, int]
    first_token: Histogram
    speed: Histogram

    @property
    def totals(self) -> Totals:
        """All calls."""
        return sum((each.totals for each in self.models.values()), Totals())

    @property
    def saved(self) -> Decimal:
        """USD that caching saved; below zero where it cost more than it saved."""
        return sum((each.saved for each in self.models.values()), Decimal(0))

    @property
    def people(self) -> int:
        """How many made calls; those who were deleted since are not told apart, and count for none."""
        return sum(key is not None for key in self.users)


def figures(span: Span, now: datetime) -> Figures:
    """What the calls that were begun in a span came to. The number of queries does not depend on that of the rows."""
    read = _worth_reading(span, now)
    intervals = [each for each in read.intervals if each.begin <= now]
    rolled = rollups.build(intervals, now)
    live = {each: rollups.computed(each) for each in intervals if each not in rolled}
    found: defaultdict[tuple[str, str], Sums] = defaultdict(Sums)
    days: dict[date, Day] = {}
    for interval, row in _rows(rolled, live):
        sums = Sums.of(row)
        found[row.by, row.key] += sums
        _note(days.setdefault(_date(interval), Day()), row, sums)
    return Figures(
        span=span,
        days=dict(sorted(days.items())),
        models=_by(found, By.MODEL),
        users=_users(rolled.values(), [row for rows in live.values() for row in rows]),
        ends={key: each.totals.calls for key, each in _by(found, By.END).items()},
        errors={key: each.totals.calls for key, each in _by(found, By.ERROR).items()},
        first_token=found.get((By.FIRST_TOKEN, ""), _NOTHING).histogram,
        speed=found.get((By.SPEED, ""), _NOTHING).histogram,
    )


def totals_in(span: Span, now: datetime, by: str = By.MODEL, key: str | None = None) -> Totals:
    """What the calls of a span came to, or those with one key: the same as `reports.totals`, but from rollups."""
    intervals = [each for each in _worth_reading(span, now).intervals if each.begin <= now]
    rolled = rollups.build(intervals, now)
    rows = Rollup.objects.order_by().filter(by=by, day__in=list(rolled.values()))
    if key is not None:
        rows = rows.filter(key=key)
    sums = rows.aggregate(**{f"sum_of_{name}": Sum(name) for name in SUMS})
    whole = totals_of({name: sums[f"sum_of_{name}"] or 0 for name in SUMS})
    for each in intervals:
        if each not in rolled:
            live = [row for row in rollups.computed(each) if row.by == by and key in (None, row.key)]
            whole += sum((Sums.of(row).totals for row in live), Totals())
    return whole


def by_group(users: dict[int | None, Totals]) -> dict[int | None, Totals]:
    """What people spent by the groups that they are in now: in several, it counts in each. ``None``: in no group."""
    groups: defaultdict[int | None, Totals] = defaultdict(Totals)
    grouped = set()
    for user, group in User.groups.through.objects.values_list("user_id", "group_id"):
        if user in users:
            groups[group] += users[user]
            grouped.add(user)
    for each in users.keys() - grouped:
        groups[None] += users[each]
    return dict(groups)


def _worth_reading(span: Span, now: datetime) -> Span:
    """The span without the days before the first call, and without those to come."""
    begins = max(span.first, day_of(rollups.first_call() or now))
    return Span(begins, max(begins, min(span.last, day_of(now))), span.until)


def _rows(rolled: dict[Interval, int], live: dict[Interval, list[Rollup]]) -> Iterator[tuple[Interval, Rollup]]:
    days = {key: interval for interval, key in rolled.items()}
    for row in Rollup.objects.filter(day__in=days).exclude(by=By.USER):
        yield days[row.day_id], row
    for interval, rows in live.items():
        yield from ((interval, row) for row in rows if row.by != By.USER)


def _note(day: Day, row: Rollup, sums: Sums) -> None:
    match row.by:
        case By.MODEL:
            day.models[row.key] = sums.totals
        case By.FIRST_TOKEN:
            day.first_token = sums.histogram
        case By.SPEED:
            day.speed = sums.histogram


def _by(found: dict[tuple[str, str], Sums], by: str) -> dict[str, Sums]:
    return {key: sums for (each, key), sums in found.items() if each == by}


def _users(rolled: Iterable[int], live: Iterable[Rollup]) -> dict[int | None, Totals]:
    sums = {f"sum_of_{name}": Sum(name) for name in SUMS}
    rows = Rollup.objects.order_by().filter(by=By.USER, day__in=list(rolled)).values("key").annotate(**sums)
    told: list[tuple[str, Totals]] = [
        (row["key"], totals_of({name: row[f"sum_of_{name}"] for name in SUMS}))  # type: ignore[literal-required]
        for row in rows
    ]
    told += [(row.key, Sums.of(row).totals) for row in live if row.by == By.USER]
    known = {str(key): key for key in User.objects.values_list("pk", flat=True)}
    found: defaultdict[int | None, Totals] = defaultdict(Totals)
    for key, totals in told:
        found[known.get(key)] += totals
    return dict(found)


def _date(interval: Interval) -> date:
    return day_of(interval.begin)
