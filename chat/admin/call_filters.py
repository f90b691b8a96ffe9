"""Filters of the usage records that are set from the dashboard; each is listed only while it is chosen."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest

CLASSES = {
    "input": "Plain input",
    "cache_write_5m": "Cache write, 5 min",
    "cache_write_1h": "Cache write, 1 h",
    "cache_read": "Cache read",
    "output": "Output",
}
"""The price classes of tokens, with the words for them."""


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
