"""Rollups: what the usage records of a past day come to, so that a year is read without reading its records."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from chat.models.money import UsdField


class RolledDay(models.Model):
    """A past day whose records were added up; ``stale`` where one of them was written since. By `reports.rollups` only.

    A day is known by its moments, not by its date: in another ``TIME_ZONE`` it is another day.
    """

    begin = models.DateTimeField()
    end = models.DateTimeField()
    stale = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["begin", "end"], name="a_day_is_rolled_up_once"),
            models.CheckConstraint(condition=Q(begin__lt=models.F("end")), name="a_day_ends_after_its_begin"),
        ]

    def __str__(self) -> str:
        return f"{self.begin:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}"


class Rollup(models.Model):
    """What the calls of a day with the same ``key`` come to, for one way of telling them apart.

    The sums are those of `reports.totals`. ``histogram`` counts seconds or tokens per second by `reports.histogram`.
    """

    class By(models.TextChoices):
        """What tells the calls apart; all calls are in the first two, those for answers in the others."""

        MODEL = "model"
        USER = "user"
        END = "end"
        ERROR = "error"
        FIRST_TOKEN = "first_token"  # noqa: S105
        SPEED = "speed"

    day = models.ForeignKey(RolledDay, on_delete=models.CASCADE, related_name="rollups")
    by = models.CharField(max_length=11, choices=By.choices)
    key = models.CharField(max_length=100, blank=True)
    calls = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    estimated = models.PositiveIntegerField(default=0)
    lower_bounds = models.PositiveIntegerField(default=0)
    spent = UsdField(default=Decimal(0))
    spent_inexactly = UsdField(default=Decimal(0))
    sum_input = models.PositiveBigIntegerField(default=0)
    sum_output = models.PositiveBigIntegerField(default=0)
    sum_cache_write_5m = models.PositiveBigIntegerField(default=0)
    sum_cache_write_1h = models.PositiveBigIntegerField(default=0)
    sum_cache_read = models.PositiveBigIntegerField(default=0)
    sum_thinking = models.PositiveBigIntegerField(default=0)
    sum_web_searches = models.PositiveBigIntegerField(default=0)
    sum_web_fetches = models.PositiveBigIntegerField(default=0)
    saved = UsdField(default=Decimal(0))
    histogram = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["by", "day", "key"], name="one_rollup_per_day_and_key"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.by} {self.key}"
