"""What the hours of one day came to, read from its records: rollups keep days only."""

from collections import defaultdict
from typing import Any

from django.db.models import Case, Count, QuerySet, When

from chat.models import UsageRecord
from chat.reports.figures import Day
from chat.reports.rollups import answer_speeds, first_tokens
from chat.reports.spans import Interval, day_of, hours_of
from chat.reports.totals import sums_by, totals_of


def hours(day: Interval) -> dict[int, Day]:
    """By the hour in which the calls began; see `hours_of`."""
    began = Case(*(When(started_at__lt=each.end, then=hour) for hour, each in enumerate(hours_of(day_of(day.begin)))))
    records = UsageRecord.objects.filter(started_at__gte=day.begin, started_at__lt=day.end).annotate(hour=began)
    answers = records.filter(purpose=UsageRecord.Purpose.ANSWER)
    found: defaultdict[int, Day] = defaultdict(Day)
    for row in sums_by(records, "model_asked", "hour"):
        found[row["hour"]].models[row["group"]] = totals_of(row)
    for hour, counts in _by_hour(first_tokens(answers)).items():
        found[hour].first_token = counts
    for hour, counts in _by_hour(answer_speeds(answers)).items():
        found[hour].speed = counts
    return dict(found)


def _by_hour(figures: QuerySet[Any]) -> dict[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rows = figures.order_by().values_list("hour", "bucket").annotate(count=Count("pk"))
    for hour, bucket, count in rows:
        found[hour][int(bucket)] = count
    return found
