"""The filters beside the lists."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, Field, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chat.holds import HELD
from chat.models import LanguageModel, Message, UsageRecord, User
from chat.reports import UNPRICED

MANY_PEOPLE = 30
_DAYS = (date(2000, 1, 1), date(2999, 12, 31))


class PeriodFilter(admin.FieldListFilter):
    """Days from and to, both included, in the current time zone; the usual periods are links."""

    template = "admin/chat/period_filter.html"

    def __init__(
        self,
        field: Field,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: admin.ModelAdmin,
        field_path: str,
    ) -> None:
        self.since, self.until = f"{field_path}_since", f"{field_path}_until"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = "date"
        self.first, self.last = self._day(self.since), self._day(self.until)
        self.kept: list[tuple[str, str]] = []

    def expected_parameters(self) -> list[str | None]:
        """The two days."""
        return [self.since, self.until]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of these days."""
        if self.first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(self.first)})
        if self.last:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(self.last + timedelta(days=1))})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The usual periods; beside them the form keeps what else was chosen."""
        self.kept = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in (self.since, self.until)
            for value in values
        ]
        for display, first, last in _periods(timezone.localdate()):
            yield {
                "selected": (first, last) == (self.first, self.last),
                "query_string": changelist.get_query_string({self.since: first, self.until: last}),
                "display": display,
            }

    def _day(self, name: str) -> date | None:
        given: Any = self.used_parameters.get(name) or [""]
        text = str(given[-1])
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        if day and not _DAYS[0] <= day <= _DAYS[1]:
            raise IncorrectLookupParameters(f"{day} is out of range.")
        return day


class PersonFilter(admin.SimpleListFilter):
    """Whose rows. A list of many names is no filter: then people are found by search, or from their page."""

    title = "person"
    parameter_name = "person"
    field = "user"
    DELETED = "deleted"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Everyone, or only who is chosen."""
        people = User.objects.order_by("username")
        chosen = people.filter(pk=self._key()) if self.value() not in (None, "", self.DELETED) else people.none()
        listed = list(people[: MANY_PEOPLE + 1])
        choices = [(str(user.pk), user.username) for user in (listed if len(listed) <= MANY_PEOPLE else chosen)]
        return [*choices, (self.DELETED, "Deleted people")] if self.value() == self.DELETED else choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of that person."""
        if self.value() == self.DELETED:
            return queryset.filter(**{self.field: None})
        return queryset.filter(**{self.field: self._key()}) if self.value() else queryset

    def _key(self) -> int:
        value = self.value() or ""
        if not value.isdecimal() or len(value) > 18:
            raise IncorrectLookupParameters(f"{value!r} is nobody.")
        return int(value)


class ConversationFilter(admin.SimpleListFilter):
    """The calls of one conversation; chosen on its page."""

    title = "conversation"
    parameter_name = "conversation"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Only what is chosen."""
        return [(self.value() or "", "One conversation")] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Calls for its messages."""
        try:
            return queryset.filter(message__conversation=UUID(self.value())) if self.value() else queryset
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error


class OwnerFilter(PersonFilter):
    """Whose conversations."""

    field = "owner"


class ModelFilter(admin.SimpleListFilter):
    """Which model was asked; one that the catalogue does not know is listed while it is chosen."""

    title = "model"
    parameter_name = "language_model"
    field = "model"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The catalogue."""
        listed = dict(LanguageModel.objects.values_list("id", "label"))
        if (chosen := self.value()) and chosen not in listed:
            listed[chosen] = chosen
        return list(listed.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of that model."""
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class ModelAskedFilter(ModelFilter):
    """Which model a call asked for."""

    field = "model_asked"


class StateFilter(admin.SimpleListFilter):
    """Conversations that hold something of interest."""

    title = "what it holds"
    parameter_name = "holds"
    states = {
        "running": ("An answer being written", ("queued", "streaming")),
        "failed": ("Failed answers", ("failed",)),
        "stopped": ("Stopped answers", ("stopped",)),
        "interrupted": ("Interrupted answers", ("interrupted",)),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """The states of answers, and calls without a cost."""
        return [*((name, label) for name, (label, _) in self.states.items()), ("unpriced", "Unpriced calls")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations with such a message or call."""
        if self.value() == "unpriced":
            return queryset.filter(Exists(UsageRecord.objects.filter(UNPRICED, message__conversation=OuterRef("pk"))))
        if self.value() in self.states:
            _, states = self.states[str(self.value())]
            return queryset.filter(Exists(Message.objects.filter(conversation=OuterRef("pk"), state__in=states)))
        return queryset


class HoldFilter(admin.SimpleListFilter):
    """Conversations that have to be kept."""

    title = "legal hold"
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Held or not."""
        return [("yes", "On legal hold"), ("no", "Not on legal hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations that are, or are not."""
        if self.value() in ("yes", "no"):
            return queryset.filter(HELD if self.value() == "yes" else ~HELD)
        return queryset


class PricedFilter(admin.SimpleListFilter):
    """Calls with a cost and without."""

    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Priced or not."""
        return [("priced", "Priced"), ("unpriced", "Unpriced")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with or without a cost."""
        if self.value() == "unpriced":
            return queryset.filter(UNPRICED)
        return queryset.exclude(cost=None) if self.value() == "priced" else queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _periods(today: date) -> list[tuple[str, date | None, date | None]]:
    month = today.replace(day=1)
    last = (month - timedelta(days=1)).replace(day=1)
    return [
        ("Any", None, None),
        ("Today", today, today),
        ("Last 7 days", today - timedelta(days=6), today),
        ("Last 30 days", today - timedelta(days=29), today),
        ("This month", month, today),
        ("Last month", last, month - timedelta(days=1)),
    ]
