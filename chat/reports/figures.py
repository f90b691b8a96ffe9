"""What a span of days came to: by day, model, person, group, end and error, and how fast the answers were.

From rollups where there are, else from the records themselves; both are made by the same queries.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Expression, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce

from chat.engine.usage import Usage
from chat.models import Rollup, UsageRecord, User
from chat.models.money import UsdField
from chat.reports import rollups
from chat.reports.histogram import Histogram, counts_of, together
from chat.reports.rollups import By, Sums
from chat.reports.spans import Interval, Span, day_of
from chat.reports.totals import SUMS, Totals, spent, totals, totals_by, totals_of

_DAILY = (By.MODEL, By.FIRST_TOKEN, By.SPEED)
_OF_USERS = ("calls", "running", "unpriced", "estimated", "lower_bounds", "spent", "spent_inexactly")


@dataclass
class Day:
    """What a day came to, by model, and how fast the answers were."""

    models: dict[str, Totals] = field(default_factory=dict)
    first_token: Histogram = field(default_factory=dict)
    speed: Histogram = field(default_factory=dict)


@dataclass(frozen=True)
class Figures:
    """What a span came to.

    In ``users`` the key of who was deleted is ``None``, and tokens are left out; ``ends`` and ``errors`` count calls
    for answers.
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
    intervals = _worth_reading(span, now)
    rolled = rollups.build(intervals, now)
    live = {each: rollups.computed(each) for each in intervals if each not in rolled}
    written = [row for rows in live.values() for row in rows]
    keys = list(rolled.values())
    few = _summed(keys, written, (By.MODEL, By.END, By.ERROR), (*SUMS, "saved"))
    days = _days(rolled, live)
    return Figures(
        span=span,
        days=days,
        models=_by(few, By.MODEL),
        users=_users(_by(_summed(keys, written, (By.USER,), _OF_USERS), By.USER)),
        ends={key: each.totals.calls for key, each in _by(few, By.END).items()},
        errors={key: each.totals.calls for key, each in _by(few, By.ERROR).items()},
        first_token=together(day.first_token for day in days.values()),
        speed=together(day.speed for day in days.values()),
    )


def totals_in(span: Span, now: datetime, rows: QuerySet[Any], records: QuerySet[UsageRecord]) -> Totals:
    """What those of these records come to that were begun in a span: the same as `reports.totals`, but fast.

    ``rows`` are the rollups or slices, of any day, of the same calls. Days that have none are read from the records.
    """
    days, live = _split(span, now)
    past = rows.filter(day__in=days).aggregate(**_sums_of(SUMS))
    found = _from_sums(past)
    return found + totals(records.filter(live)) if live else found


def totals_of_people(span: Span, now: datetime, keys: Collection[int]) -> dict[int, Totals]:
    """What each of these people spent in a span."""
    days, live = _split(span, now)
    rows = Rollup.objects.order_by().filter(by=By.USER, key__in=[str(key) for key in keys], day__in=days)
    sums: Iterable[Any] = rows.values("key").annotate(**_sums_of(SUMS))
    found = {int(each["key"]): _from_sums(each) for each in sums}
    if live:
        for key, each in totals_by(UsageRecord.objects.filter(live, user__in=keys), "user").items():
            found[key] = found.get(key, Totals()) + each
    return found


def spent_in(span: Span, now: datetime) -> Expression:
    """What the person of the outer query spent in a span, to order by."""
    days, live = _split(span, now)
    key = Cast(OuterRef("pk"), Rollup.key.field)
    rolled = Rollup.objects.order_by().filter(by=By.USER, key=key, day__in=days).values("key")
    past = Coalesce(Subquery(rolled.annotate(sum=Sum("spent")).values("sum")), Value(0), output_field=UsdField())
    return past + spent(UsageRecord.objects.filter(live), "user") if live else past


def _split(span: Span, now: datetime) -> tuple[list[int], Q]:
    """The rolled days of a span; and which records are of its other days, empty where there are none."""
    intervals = _worth_reading(span, now)
    rolled = rollups.build(intervals, now)
    # They are the last ones, which are not over or have just ended.
    rest = [each for each in intervals if each not in rolled]
    live = Q(started_at__gte=rest[0].begin, started_at__lt=rest[-1].end) if rest else Q()
    return list(rolled.values()), live


def _sums_of(names: Iterable[str]) -> dict[str, Sum]:
    return {f"sum_of_{name}": Sum(name) for name in names}


def _from_sums(row: Mapping[str, Any]) -> Totals:
    return totals_of({name: row.get(f"sum_of_{name}") or 0 for name in SUMS})


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


def _worth_reading(span: Span, now: datetime) -> list[Interval]:
    """The days of the span without those before the first call, and without those to come."""
    first, last = max(span.first, day_of(rollups.first_call() or now)), min(span.last, day_of(now))
    return [each for each in Span(first, last, span.until).intervals if each.begin <= now] if first <= last else []


def _summed(
    days: Collection[int],
    written: Iterable[Rollup],
    ways: Collection[str],
    names: Iterable[str],
) -> dict[tuple[str, str], Sums]:
    """These sums of rolled days, added up in the database, and those of other days."""
    rows = Rollup.objects.order_by().filter(by__in=ways, day__in=days)
    sums: Iterable[Any] = rows.values("by", "key").annotate(**_sums_of(names))
    found: defaultdict[tuple[str, str], Sums] = defaultdict(Sums)
    for each in sums:
        found[each["by"], each["key"]] = Sums(_from_sums(each), each.get("sum_of_saved") or Decimal(0))
    for row in written:
        if row.by in ways:
            found[row.by, row.key] += Sums.of(row)
    return dict(found)


def _days(rolled: dict[Interval, int], live: dict[Interval, list[Rollup]]) -> dict[date, Day]:
    intervals = {key: interval for interval, key in rolled.items()}
    days: defaultdict[date, Day] = defaultdict(Day)
    rows = Rollup.objects.filter(by__in=_DAILY, day__in=intervals)
    for key, by, of, histogram, *sums in rows.values_list("day", "by", "key", "histogram", *SUMS):
        totals = totals_of(dict(zip(SUMS, sums, strict=True)))
        _note(days[day_of(intervals[key].begin)], by, of, totals, counts_of(histogram))
    for interval, written in live.items():
        for row in written:
            sums_of = Sums.of(row)
            _note(days[day_of(interval.begin)], row.by, row.key, sums_of.totals, sums_of.histogram)
    return dict(sorted(days.items()))


def _note(day: Day, by: str, key: str, totals: Totals, histogram: Histogram) -> None:
    match by:
        case By.MODEL:
            day.models[key] = totals
        case By.FIRST_TOKEN:
            day.first_token = histogram
        case By.SPEED:
            day.speed = histogram


def _by(found: dict[tuple[str, str], Sums], by: str) -> dict[str, Sums]:
    return {key: sums for (each, key), sums in found.items() if each == by}


def _users(sums: dict[str, Sums]) -> dict[int | None, Totals]:
    known = {str(key): key for key in User.objects.values_list("pk", flat=True)}
    found: defaultdict[int | None, Totals] = defaultdict(Totals)
    for key, each in sums.items():
        found[known.get(key)] += replace(each.totals, usage=Usage())
    return dict(found)
