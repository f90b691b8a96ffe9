"""Histograms of positive numbers with buckets that grow, so that a percentile is known to within 1.5 %."""

import math
from collections.abc import Iterable, Mapping

from django.db.models import Expression, F, FloatField, Value
from django.db.models.functions import Cast, Floor, Ln

GROWTH = 1.03
"""How much larger the upper end of a bucket is than the lower one."""

Histogram = Mapping[int, int]
"""How many numbers are in which bucket: number n holds those from GROWTH ** n on."""


def bucket(number: Expression | F) -> Floor:
    """The bucket of a number above zero, in the database."""
    return Floor(Cast(Ln(number), FloatField()) / Value(math.log(GROWTH)))


def together(histograms: Iterable[Histogram]) -> dict[int, int]:
    """All of them as one."""
    counts: dict[int, int] = {}
    for histogram in histograms:
        for key, count in histogram.items():
            counts[key] = counts.get(key, 0) + count
    return counts


def counts_of(kept: Mapping[str, int]) -> dict[int, int]:
    """A histogram that was kept as JSON."""
    return {int(key): count for key, count in kept.items()}


def percentile(histogram: Histogram, percent: int) -> float | None:
    """What so many percent of the numbers do not exceed: the middle of the bucket; ``None`` where there are none."""
    rank = math.ceil(sum(histogram.values()) * percent / 100)
    for key in sorted(histogram):
        rank -= histogram[key]
        if rank <= 0:
            return float(GROWTH ** (key + 0.5))
    return None
