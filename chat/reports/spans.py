"""Spans of days of the site's TIME_ZONE: the usual ones, any from-to, and the equally long one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from django.utils import timezone

from chat.engine.periods import midnight

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
_DAY = timedelta(days=1)
USUAL = 30  # days, unless somebody says otherwise


class Interval(NamedTuple):
    """From a moment until before another."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """The days from ``first`` to ``last``, both included; of the last one only what is before ``until``, if given."""

    first: date
    last: date
    until: datetime | None = None

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        """Each of them."""
        return [self.first + number * _DAY for number in range(self.length)]

    @property
    def intervals(self) -> list[Interval]:
        """Each day as moments; one of 23 or 25 hours is one day. Days after ``until`` are left out."""
        starts = [midnight_of(self.first + number * _DAY) for number in range(self.length + 1)]
        ends = [min(end, self.until) if self.until else end for _, end in pairwise(starts)]
        return [Interval(begin, end) for begin, end in zip(starts, ends, strict=False) if begin < end]

    def before(self, now: datetime) -> "Span | None":
        """The equally long span before; where this one is not over at ``now``, it ends at the same time of day.

        ``None`` where there is no such span in the calendar.
        """
        first, last = self.first - self.length * _DAY, self.first - _DAY
        if first < EARLIEST:
            return None
        today = day_of(now)
        if not self.first <= today <= self.last:
            return Span(first, last)
        last = first + (today - self.first)
        return Span(first, last, until=midnight_of(last) + (now - midnight_of(today)))


def day_of(moment: datetime) -> date:
    """The day of TIME_ZONE that a moment lies in."""
    return moment.astimezone(timezone.get_default_timezone()).date()


def midnight_of(day: date) -> datetime:
    """The moment at which a day of TIME_ZONE begins, in UTC, where moments can be subtracted and compared."""
    return midnight(day, timezone.get_default_timezone()).astimezone(UTC)


def hours_of(day: date) -> list[Interval]:
    """The 24 hours of TIME_ZONE's clock on a day, which together are the day.

    One that the clock shows twice is longer, one that it leaves out is empty.
    """
    zone = timezone.get_default_timezone()
    starts = [datetime.combine(day, time(hour), zone).astimezone(UTC) for hour in range(1, 24)]
    # One that is left out would begin later than the one after it: where clocks are put forward by two hours at once.
    ends = [*accumulate(reversed([*starts, midnight_of(day + _DAY)]), min)][::-1]
    return [Interval(begin, end) for begin, end in pairwise([midnight_of(day), *ends])]


def usual(today: date) -> dict[str, tuple[str, Span]]:
    """The usual spans by their names in addresses, each with its label."""
    month = today.replace(day=1)
    last = (month - _DAY).replace(day=1)
    return {
        "today": ("Today", Span(today, today)),
        "7-days": ("7 days", Span(today - 6 * _DAY, today)),
        "30-days": ("30 days", Span(today - (USUAL - 1) * _DAY, today)),
        "this-month": ("This month", Span(month, today)),
        "last-month": ("Last month", Span(last, month - _DAY)),
        "year": ("A year", Span(today - 364 * _DAY, today)),
    }


def asked(given: Mapping[str, str], today: date) -> tuple[Span, str]:
    """The span that an address asks for (``range``, or ``from`` and ``to``), and a sentence where it makes no sense."""
    spans = usual(today)
    default = spans["30-days"][1]
    if name := given.get("range"):
        found = spans.get(name)
        return (found[1], "") if found else (default, f"There is no such range. {_SHOWN}")
    if not given.get("from") and not given.get("to"):
        return default, ""
    return _from_to(given.get("from") or "", given.get("to") or "", today, default)


_SHOWN = "The last 30 days are shown instead."


def _from_to(since: str, until: str, today: date, default: Span) -> tuple[Span, str]:
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last
    except ValueError:
        return default, f"A day is written like {today:%Y-%m-%d}. {_SHOWN}"
    if not EARLIEST <= min(first, last) <= max(first, last) <= LATEST:
        return default, f"Choose days from {EARLIEST:%Y} to {LATEST:%Y}. {_SHOWN}"
    if last < first:
        return default, f"The range ends on {last}, before it begins on {first}. {_SHOWN}"
    return Span(first, last), ""
