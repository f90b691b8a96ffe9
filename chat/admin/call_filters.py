"""Filters of the usage records that are set from the dashboard; each is listed only while it is chosen."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chat import budgets
from chat.admin.changelist import Nonsense
from chat.admin.form_filters import Input, PeriodFilter
from chat.models import Budget, UsageRecord
from chat.reports.rollups import answer_speeds, first_tokens
from chat.reports.spans import hours_of

CLASSES = {
    "input": "Plain input",
    "cache_write_5m": "Cache write, 5 min",
    "cache_write_1h": "Cache write, 1 h",
    "cache_read": "Cache read",
    "output": "Output",
}
"""The price classes of tokens, with the words for them."""
MEASURES: dict[str, tuple[str, Callable[[QuerySet[Any]], QuerySet[Any]]]] = {
    "first_token": ("Time to first token", first_tokens),
    "speed": ("Tokens per second", answer_speeds),
}
"""What tells how fast answers were: the words for it, and of answers those of which it is known, with it."""
HOURS = [str(hour) for hour in range(24)]


class StartFilter(PeriodFilter):
    """Days from and to, or an hour of a single day, by the clock of TIME_ZONE."""

    suffixes = ("since", "until", "hour")

    @property
    def hour(self) -> str:
        """What was asked for; empty where it is whole days."""
        return self.given(self.parameters[2])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of these days, or of that hour: both where the clock shows it twice, none where it leaves it out."""
        found = super().queryset(request, queryset)
        if not self.hour:
            return found
        if self.hour not in HOURS:
            raise Nonsense(f"“{self.hour[:30]}” is no hour. Write it as a number from 0 to 23.")
        if self.span.length > 1:
            raise Nonsense("An hour is one of a single day. Choose the same day in both fields.")
        begin, end = hours_of(self.span.first)[int(self.hour)]
        return found.filter(**{f"{self.field_path}__gte": begin, f"{self.field_path}__lt": end})

    def inputs(self) -> list[Input]:
        """Two days, and an hour where they are the same."""
        return [*super().inputs(), Input(self.parameters[2], "Hour", "text", self.hour, "of a single day")]


class ErrorFilter(admin.SimpleListFilter):
    """The calls that ended with an error of one code."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        return [(self.value() or "", self.value() or "")] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with this code."""
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class TokensFilter(admin.SimpleListFilter):
    """The calls that used tokens of one price class."""

    title = "tokens"
    parameter_name = "tokens"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        return [(value, CLASSES.get(value, value))] if (value := self.value()) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows that have some."""
        if not (value := self.value()):
            return queryset
        if value not in CLASSES:
            raise IncorrectLookupParameters(f"{value!r} is no class of tokens.")
        return queryset.filter(**{f"{value}_tokens__gt": 0})


class MeasureFilter(admin.SimpleListFilter):
    """The calls for answers that a percentile is made of; each row has its ``measure``."""

    title = parameter_name = "measure"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        return [(value, MEASURES[value][0] if value in MEASURES else value)] if (value := self.value()) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows that have been measured."""
        if not (value := self.value()):
            return queryset
        if value not in MEASURES:
            raise IncorrectLookupParameters(f"{value!r} was not measured.")
        _, measured = MEASURES[value]
        return measured(queryset.filter(purpose=UsageRecord.Purpose.ANSWER))


class BudgetFilter(admin.SimpleListFilter):
    """The calls that count in the current period of a budget."""

    title = parameter_name = "budget"
    chosen: Budget | None = None

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        if not (value := self.value()):
            return []
        budgets_of_all = Budget.objects.select_related("user", "group")
        self.chosen = budgets_of_all.filter(pk=value).first() if value.isdecimal() and len(value) <= 18 else None
        return [(value, f"{self.chosen}, the current one" if self.chosen else "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows whose cost is spent from it or held back in it now."""
        if not self.value():
            return queryset
        if not self.chosen:
            raise Nonsense("There is no such budget. Come here from the page of one.")
        account = budgets.current([self.chosen], timezone.now())[self.chosen.pk].account
        return queryset.filter(accounts=account) if account.pk else queryset.none()
