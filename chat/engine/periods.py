"""Days, weeks and months in a time zone, each known by the date on which it begins.

The date, not the moment: who travels, or is said to, gets no second period by that.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Period(StrEnum):
    """How often something begins anew: at midnight, on Mondays, on the first of the month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def start_of(period: Period, moment: datetime, zone: tzinfo) -> date:
    """The first day of the period that a moment lies in."""
    day = moment.astimezone(zone).date()
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)


def end_of(period: Period, start: date, zone: tzinfo) -> datetime:
    """The moment at which the period that begins on a day is over. A day of 23 or 25 hours is one day."""
    match period:
        case Period.DAY:
            after = start + timedelta(days=1)
        case Period.WEEK:
            after = start + timedelta(weeks=1)
        case Period.MONTH:
            after = (start.replace(day=1) + timedelta(days=31)).replace(day=1)
    return midnight(after, zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment at which a day begins."""
    # By way of UTC: where the clocks are put forward at midnight there is no such hour, and the day begins at one.
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)
