"""Rollups: what the usage records of a past day come to, so that a year is read without reading its records."""

from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, F, Q, When

from chat.engine.pricing import TOKEN_RATES
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


class Summed(models.Model):
    """The sums of `reports.totals`."""

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

    class Meta:
        abstract = True


class Rollup(Summed):
    """What the calls of a day with the same ``key`` come to, for one way of telling them apart.

    ``histogram`` counts seconds or tokens per second by `reports.histogram`.
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
    saved = UsdField(default=Decimal(0))
    histogram = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["by", "key", "day"], name="one_rollup_per_key_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.by} {self.key}"


class SliceQuerySet(models.QuerySet["Slice"]):
    """The words of usage records for slices of them."""

    def as_calls(self) -> Self:
        """With the columns of usage records by which these are told apart, so that filters of calls can be asked."""
        known = Case(When(unpriced=0, running=0, then=F("spent")))
        return self.alias(cost=known, **{f"{name}_tokens": F(f"sum_{name}") for name in TOKEN_RATES})


class Slice(Summed):
    """What those calls of a day come to that have all of this in common.

    Also in common is whether they have a price, and of which price classes they used tokens: where a sum is not zero,
    it is zero for none of them.
    """

    day = models.ForeignKey(RolledDay, on_delete=models.CASCADE, related_name="slices")
    model_asked = models.CharField(max_length=100)
    purpose = models.CharField(max_length=10)
    end = models.CharField(max_length=12)
    exactness = models.CharField(max_length=12)
    error_code = models.CharField(max_length=50, blank=True)

    objects = SliceQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day}: {self.model_asked}, {self.purpose}, {self.end}"
