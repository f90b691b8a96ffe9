"""Rollups of past days: built when somebody first asks for a day, made stale by every write to one of its records.

A day is built under the lock of its row in `RolledDay`, and whoever writes a record of a past day takes the same lock,
so that a day is never built from what was true before. A day that has just ended is not built yet: whoever wrote a
record of it in its last moments, and did not know that it was over, has ended by then.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import transaction
from django.db.models import BooleanField, CharField, Count, ExpressionWrapper, F, FloatField, Min, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from chat.engine.charge import saved
from chat.engine.pricing import TOKEN_RATES
from chat.engine.usage import Usage
from chat.models import RolledDay, Rollup, Slice, UsageRecord, User
from chat.models.rollup import Summed
from chat.reports.histogram import Histogram, bucket, counts_of, together
from chat.reports.spans import Interval, Span, day_of, midnight_of
from chat.reports.totals import SUMMED, SUMS, Totals, sums_by, totals_of, usage_of

By = Rollup.By


@dataclass(frozen=True, slots=True)
class Sums:
    """What rollups come to together: a `Totals`, USD that the cache saved, and counts by bucket."""

    totals: Totals = field(default_factory=Totals)
    saved: Decimal = Decimal(0)
    histogram: Histogram = field(default_factory=dict)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.totals + other.totals, self.saved + other.saved, together((self.histogram, other.histogram)))

    @classmethod
    def of(cls, row: Rollup) -> Self:
        """Those of one row."""
        return cls(totals_in_row(row), row.saved, counts_of(row.histogram))


def totals_in_row(row: Summed) -> Totals:
    """Those of one row."""
    return totals_of({name: getattr(row, name) for name in SUMS})


SETTLES = timedelta(hours=1)
"""Longer than any transaction that writes a usage record."""
CUTS = ("model_asked", "purpose", "end", "exactness", "error_code")
SHORTEST_TOKENS, SHORTEST_SECONDS = 16, 0.1  # of an answer whose speed says something
_DAY = timedelta(days=1)


def mark_stale(started_at: datetime) -> None:
    """A record that began at this moment is being written; in the same transaction."""
    day = _day_of(started_at)
    if day.end <= timezone.now():
        # The row is made where it is missing: somebody may be building the day at this moment, and is waited for.
        RolledDay.objects.bulk_create(
            [RolledDay(begin=day.begin, end=day.end, stale=True)],
            update_conflicts=True,
            unique_fields=["begin", "end"],
            update_fields=["stale"],
        )
    # A day that is not over has one only where a clock was wrong, then or now.
    RolledDay.objects.filter(begin__lte=started_at, end__gt=started_at).update(stale=True)


def build(days: Iterable[Interval], now: datetime) -> dict[Interval, int]:
    """Build those of these days that are over and have no rollup that holds; gives all that have one, with its key.

    What is not a whole day is never built.
    """
    past = {day for day in days if day.end + SETTLES <= now and day == _day_of(day.begin)}
    fresh = _fresh(past)
    for day in sorted(past - fresh.keys()):
        fresh[day] = _build(day)
    return fresh


def build_all(now: datetime, *, anew: bool = False) -> int:
    """Build every day that is over and has no rollup that holds, or each of them ``anew``; how many there are."""
    if anew:
        RolledDay.objects.update(stale=True)
    first = first_call()
    if first is None:
        return 0
    return len(build(Span(day_of(first), day_of(now)).intervals, now))


def computed(day: Interval) -> list[Rollup]:
    """What the records of a day come to, read from the records themselves; not saved."""
    records = _of(day)
    answers = records.filter(purpose=UsageRecord.Purpose.ANSWER)
    savings = _savings(records)
    failed = answers.exclude(error_code="")
    rows = [
        *_rollups(By.MODEL, records, "model_asked"),
        *_rollups(By.USER, records, "user"),
        *_rollups(By.END, answers, "end"),
        *_rollups(By.ERROR, failed, "error_code"),
    ]
    for row in rows:
        if row.by == By.MODEL:
            row.saved = savings.get(row.key, Decimal(0))
    histograms = {
        By.FIRST_TOKEN: _histogram(first_tokens(answers)),
        By.SPEED: _histogram(answer_speeds(answers)),
    }
    return rows + [Rollup(by=by, histogram=counts) for by, counts in histograms.items() if counts]


def first_tokens(answers: QuerySet[UsageRecord]) -> QuerySet[Any]:
    """The answers that had a first token, each with the seconds until it as ``measure``, and the ``bucket`` of that."""
    measured = answers.filter(first_token_seconds__gt=0).annotate(measure=Cast("first_token_seconds", FloatField()))
    return measured.annotate(bucket=bucket(F("measure")))


def answer_speeds(answers: QuerySet[UsageRecord]) -> QuerySet[Any]:
    """The finished answers, each with tokens per second from the first token on as ``measure``, and its ``bucket``.

    Of very short ones it says nothing: they are left out.
    """
    writing = F("seconds") - F("first_token_seconds")
    finished = answers.filter(end=UsageRecord.End.COMPLETE, output_tokens__gte=SHORTEST_TOKENS)
    written = finished.alias(writing=writing).filter(writing__gte=SHORTEST_SECONDS)
    measured = written.annotate(measure=Cast("output_tokens", FloatField()) / writing)
    return measured.annotate(bucket=bucket(F("measure")))


def sliced(day: Interval) -> list[Slice]:
    """The records of a day by all that tells them apart in their list, but for people; not saved."""
    told = {
        "priced": _is(Q(cost__isnull=False)),
        **{f"has_{name}": _is(Q(**{f"{name}_tokens__gt": 0})) for name in TOKEN_RATES},
    }
    rows: Iterable[Any] = _of(day).order_by().values(*CUTS, **told).annotate(**SUMMED)
    return [Slice(**{name: row[name] or 0 for name in SUMS}, **{name: row[name] for name in CUTS}) for row in rows]


def wrong_days() -> Iterator[RolledDay]:
    """The rolled days that say that they hold and are not what their records come to."""
    for day in RolledDay.objects.filter(stale=False).order_by("begin"):
        with transaction.atomic():
            locked = RolledDay.objects.select_for_update().filter(pk=day.pk, stale=False).first()
            if locked and not _holds(locked, Interval(day.begin, day.end)):
                yield day


def rollup_keys(people: QuerySet[User]) -> QuerySet[User, Any]:
    """The keys of these people in rollups by person, as a subquery."""
    return people.order_by().values_list(Cast("pk", CharField()), flat=True)


def first_call() -> datetime | None:
    """When the first call was made."""
    first: datetime | None = UsageRecord.objects.aggregate(first=Min("started_at"))["first"]
    return first


def _of(day: Interval) -> QuerySet[UsageRecord]:
    return UsageRecord.objects.filter(started_at__gte=day.begin, started_at__lt=day.end)


def _day_of(moment: datetime) -> Interval:
    day = day_of(moment)
    return Interval(midnight_of(day), midnight_of(day + _DAY))


def _fresh(days: set[Interval]) -> dict[Interval, int]:
    if not days:
        return {}
    first, last = min(day.begin for day in days), max(day.end for day in days)
    rows = RolledDay.objects.filter(stale=False, begin__gte=first, end__lte=last).values_list("begin", "end", "pk")
    found = {Interval(begin, end): pk for begin, end, pk in rows}
    return {day: found[day] for day in days if day in found}


@transaction.atomic
def _build(day: Interval) -> int:
    RolledDay.objects.bulk_create([RolledDay(begin=day.begin, end=day.end)], ignore_conflicts=True)
    rolled = RolledDay.objects.select_for_update().get(begin=day.begin, end=day.end)
    if rolled.stale:
        rolled.rollups.all().delete()
        rolled.slices.all().delete()
        # Most days of a small site are empty: that is one question then, and not nine.
        rows, slices = (computed(day), sliced(day)) if _of(day).exists() else ([], [])
        for row in rows:
            row.day = rolled
        for each in slices:
            each.day = rolled
        Rollup.objects.bulk_create(rows)
        Slice.objects.bulk_create(slices)
        RolledDay.objects.filter(pk=rolled.pk).update(stale=False)
    return rolled.pk


def _rollups(by: str, records: QuerySet[UsageRecord], key: str) -> Iterator[Rollup]:
    for row in sums_by(records, key):
        group = row["group"]
        yield Rollup(by=by, key="" if group is None else str(group), **{name: row[name] or 0 for name in SUMS})


def _savings(records: QuerySet[UsageRecord]) -> dict[str, Decimal]:
    """USD that the cache saved, by model: from the tokens at each of the kept prices, of which there are few."""
    cached = Q(cache_write_5m_tokens__gt=0) | Q(cache_write_1h_tokens__gt=0) | Q(cache_read_tokens__gt=0)
    charged = records.order_by().filter(cached, billed=True).exclude(cost=None)
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    classes = ("cache_write_5m", "cache_write_1h", "cache_read")
    sums: dict[str, Any] = {f"sum_{name}": Sum(f"{name}_tokens") for name in classes}
    plain = charged.exclude(price__has_key="iterations")
    rows: Iterator[Any] = iter(plain.values("model_asked", "price").annotate(**sums))
    for row in rows:
        usage = Usage(**{name: row[f"sum_{name}"] for name in classes})
        found[row["model_asked"]] += saved(usage, {}, row["price"])
    for record in charged.filter(price__has_key="iterations"):
        found[record.model_asked] += saved(usage_of(record), record.usage, record.price or {})
    return dict(found)


def _histogram(figures: QuerySet[Any]) -> Histogram:
    counts = figures.order_by().values_list("bucket")
    return {int(key): count for key, count in counts.annotate(count=Count("pk"))}


def _is(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, BooleanField())


def _holds(rolled: RolledDay, day: Interval) -> bool:
    return _content(rolled.rollups.all()) == _content(computed(day)) and _cut(rolled.slices.all()) == _cut(sliced(day))


def _cut(slices: Iterable[Slice]) -> dict[tuple[object, ...], Totals]:
    found: defaultdict[tuple[object, ...], Totals] = defaultdict(Totals)
    for each in slices:
        priced = not each.unpriced and not each.running
        classes = (getattr(each, f"sum_{name}") > 0 for name in TOKEN_RATES)
        found[*(getattr(each, name) for name in CUTS), priced, *classes] += totals_in_row(each)
    return dict(found)


def _content(rows: Iterable[Rollup]) -> dict[tuple[str, str], Sums]:
    """The sums by what tells the calls apart; what people who were deleted since have spent is that of nobody."""
    found: defaultdict[tuple[str, str], Sums] = defaultdict(Sums)
    listed = list(rows)
    users = {row.key for row in listed if row.by == By.USER and row.key}
    known = {str(key) for key in User.objects.filter(pk__in=users).values_list("pk", flat=True)}
    for row in listed:
        found[row.by, "" if row.by == By.USER and row.key not in known else row.key] += Sums.of(row)
    return dict(found)
