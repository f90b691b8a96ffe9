"""Hours, days, weeks or months as the places of a chart: as many as can be told apart."""

from dataclasses import dataclass
from datetime import date, timedelta

from chat.reports.spans import Span

MOST_DAYS, MOST_WEEKS = 92, 80
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The days from ``first`` to ``last``, both included, or one ``hour`` of one day."""

    first: date
    last: date
    hour: int | None = None

    @property
    def title(self) -> str:
        """Which days, in full."""
        if self.first == self.last:
            hour = "" if self.hour is None else f", {self.hour:02}:00 to {self.hour + 1:02}:00"
            return f"{self.first:%a} {self.first.day} {self.first:%B %Y}{hour}"
        return f"{self.first.day} {self.first:%b %Y} to {self.last.day} {self.last:%b %Y}"


def buckets(span: Span) -> tuple[str, list[Bucket]]:
    """How long each is (hour, day, week or month), and all of them; the first and last may be cut off by the span."""
    if span.length == 1:
        return "hour", [Bucket(span.first, span.first, hour) for hour in range(24)]
    if span.length <= MOST_DAYS:
        return "day", [Bucket(day, day) for day in span.days]
    weekly = span.length <= MOST_WEEKS * 7
    found: list[Bucket] = []
    first = span.first
    while first <= span.last:
        last = first + (6 - first.weekday()) * _DAY if weekly else _end_of_month(first)
        found.append(Bucket(first, min(last, span.last)))
        first = last + _DAY
    return "week" if weekly else "month", found


def label(bucket: Bucket, unit: str) -> str:
    """A short word for the axis."""
    if bucket.hour is not None:
        return f"{bucket.hour:02}:00"
    if unit == "month":
        return f"{bucket.first:%b %Y}"
    return f"{bucket.first.day} {bucket.first:%b}"


def _end_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - _DAY
