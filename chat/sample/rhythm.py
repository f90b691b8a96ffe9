"""When people ask: a year of working days and weekends, mornings and nights, growing and with holidays."""

from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from django.utils import timezone

from chat.engine.periods import midnight

DAYS = 365
_WEEK = (1.0, 1.05, 1.08, 1.02, 0.9, 0.28, 0.22)  # from Monday
_HOURS = (2, 1, 1, 1, 1, 2, 5, 14, 34, 52, 58, 54, 36, 44, 56, 55, 47, 34, 20, 14, 13, 11, 8, 4)


def moments(count: int, now: datetime, random: Random) -> list[float]:
    """So many moments of the year before ``now``, as Unix time, first to last."""
    zone = timezone.get_default_timezone()
    end, today = now.timestamp(), now.astimezone(zone).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    starts = [midnight(day, zone).timestamp() for day in days]
    weights = list(accumulate(_weight(day, number, random) for number, day in enumerate(days)))
    hours = list(accumulate(_HOURS))
    found: list[float] = []
    while missing := count - len(found):
        chosen = zip(
            random.choices(starts, cum_weights=weights, k=missing),
            random.choices(range(24), cum_weights=hours, k=missing),
            strict=True,
        )
        found += [at for start, hour in chosen if (at := start + (hour + random.random()) * 3600) < end]
    return sorted(found)


def _weight(day: date, number: int, random: Random) -> float:
    growth = 0.45 + 0.55 * number / DAYS
    away = 0.2 if (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 1) else 1.0
    summer = 0.8 if day.month == 8 else 1.0
    return growth * away * summer * _WEEK[day.weekday()] * random.uniform(0.85, 1.15)
