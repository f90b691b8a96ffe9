"""The filters beside the lists with something to type: days, people, amounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chat.admin.changelist import Nonsense
from chat.models import User
from chat.reports.rollups import rollup_keys
from chat.reports.spans import EARLIEST, LATEST, Span, midnight_of, usual
from chat.templatetags.figures import money

MANY_PEOPLE = 12
LONGEST_NAME = 150
LARGEST = Decimal(1_000_000)
_PERIODS = {
    "today": "Today",
    "7-days": "Last 7 days",
    "30-days": "Last 30 days",
    "this-month": "This month",
    "last-month": "Last month",
}


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a filter's form: the name of its parameter, a label, the type for HTML, and what it holds."""

    name: str
    label: str
    kind: str
    value: str
    hint: str = ""


class FormFilter(admin.ListFilter):
    """Links, and a form below them. What makes no sense is `Nonsense`: then nothing is listed."""

    template = "admin/chat/form_filter.html"
    parameters: tuple[str, ...] = ()

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: admin.ModelAdmin
    ) -> None:
        # By its name: a filter for a field has another class between, which takes other arguments.
        admin.ListFilter.__init__(self, request, params, model, model_admin)
        self.kept: list[tuple[str, str]] = []
        for name in self.parameters:
            if name in params:
                self.used_parameters[name] = params.pop(name)

    def has_output(self) -> bool:
        """There is always the form."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """Those of the form and of the links."""
        return list(self.parameters)

    def given(self, name: str) -> str:
        """What a parameter holds; empty where it is not there."""
        values: Any = self.used_parameters.get(name) or [""]
        return str(values[-1]).replace("\0", "").strip()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows asked for. Raises `Nonsense`."""
        raise NotImplementedError

    def inputs(self) -> list[Input]:
        """The fields of the form."""
        raise NotImplementedError

    def links(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is usual: how it is called, and its parameters; those that are missing or ``None`` are left out."""
        raise NotImplementedError

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The links; beside them the form keeps what else was chosen."""
        self.kept = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in self.parameters
            for value in values
        ]
        if changelist.query:
            self.kept.append(("q", changelist.query))
        for display, values in self.links():
            yield {
                "selected": all(self.given(name) == str(values.get(name) or "") for name in self.parameters),
                "query_string": changelist.get_query_string({name: values.get(name) for name in self.parameters}),
                "display": display,
            }


class PeriodFilter(FormFilter, admin.FieldListFilter):
    """Days from and to, both included, of TIME_ZONE; the usual periods are links."""

    suffixes: tuple[str, ...] = ("since", "until")

    def __init__(
        self,
        field: Field,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: admin.ModelAdmin,
        field_path: str,
    ) -> None:
        self.field_path, self.title = field_path, "date"
        self.parameters = tuple(f"{field_path}_{each}" for each in self.suffixes)
        self.since, self.until, *_ = self.parameters
        FormFilter.__init__(self, request, params, model, model_admin)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of these days."""
        first, last = self._day(self.since), self._day(self.until)
        if first and last and last < first:
            raise Nonsense(f"{last} is before {first}. Choose a last day that is not before the first.")
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": midnight_of(first)})
        if last:
            queryset = queryset.filter(**{f"{self.field_path}__lt": midnight_of(last + timedelta(days=1))})
        return queryset

    @property
    def span(self) -> Span:
        """These days."""
        return Span(self._day(self.since) or EARLIEST, self._day(self.until) or LATEST)

    def inputs(self) -> list[Input]:
        """Two days."""
        return [
            Input(self.since, "From", "date", self.given(self.since)),
            Input(self.until, "To", "date", self.given(self.until)),
        ]

    def links(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The usual periods."""
        yield "Any", {}
        spans = usual(timezone.localdate())
        for name, display in _PERIODS.items():
            _, span = spans[name]
            yield display, {self.since: span.first.isoformat(), self.until: span.last.isoformat()}

    def _day(self, name: str) -> date | None:
        text = self.given(name)
        try:
            day = date.fromisoformat(text) if text else None
        except ValueError:
            raise Nonsense(f"“{text[:30]}” is no day. Write it as {timezone.localdate()}.") from None
        if day and not EARLIEST <= day <= LATEST:
            raise Nonsense(f"Choose days from {EARLIEST} to {LATEST}.")
        return day


class PersonFilter(FormFilter):
    """Whose rows: by a part of the name. Where there are few people they are links, too."""

    title = "person"
    parameter_name = "person"
    field = "user"
    DELETED = "deleted"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: admin.ModelAdmin
    ) -> None:
        self.parameters = self.parameter_name, self.name = self.parameter_name, f"{self.parameter_name}_name"
        super().__init__(request, params, model, model_admin)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of that person, and of those with such a name."""
        if self.given(self.parameter_name) == self.DELETED:
            queryset = queryset.filter(**{self.field: None})
        elif self.given(self.parameter_name):
            queryset = queryset.filter(**{self.field: self._key()})
        if part := self.given(self.name)[:LONGEST_NAME]:
            # As a list, so that the database knows how many rows they have.
            if not (people := list(User.objects.filter(username__icontains=part).values_list("pk", flat=True))):
                raise Nonsense(f"Nobody's name has “{part}” in it.")
            queryset = queryset.filter(**{f"{self.field}__in": people})
        return queryset

    @property
    def rolled(self) -> Q:
        """The same of rollups by person; empty where nobody is chosen."""
        found = Q()
        if self.given(self.parameter_name) == self.DELETED:
            found = ~Q(key__in=rollup_keys(User.objects.all()))
        elif self.given(self.parameter_name):
            found = Q(key=str(self._key()))
        if part := self.given(self.name)[:LONGEST_NAME]:
            found &= Q(key__in=rollup_keys(User.objects.filter(username__icontains=part)))
        return found

    def inputs(self) -> list[Input]:
        """A part of the name."""
        return [Input(self.name, "Name", "search", self.given(self.name), "or a part of it")]

    def links(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Everybody where they are few, else who is chosen."""
        yield "All", {}
        people = User.objects.order_by("username")
        listed = list(people[: MANY_PEOPLE + 1])
        if len(listed) > MANY_PEOPLE:
            chosen = self.given(self.parameter_name)
            listed = list(people.filter(pk=chosen)) if chosen.isdecimal() and len(chosen) <= 18 else []
        for user in listed:
            yield user.username, {self.parameter_name: str(user.pk)}
        if self.given(self.parameter_name) == self.DELETED:
            yield "Deleted people", {self.parameter_name: self.DELETED}

    def _key(self) -> int:
        value = self.given(self.parameter_name)
        if not value.isdecimal() or len(value) > 18:
            raise Nonsense(f"“{value[:30]}” is nobody. Search by name instead.")
        return int(value)


class OwnerFilter(PersonFilter):
    """Whose conversations."""

    field = "owner"


class CostFilter(FormFilter):
    """Conversations by what they came to in USD; those with a call that has no price cost more than that."""

    title = "cost"
    parameters = ("cost_from", "cost_to", "cost")
    usual = ("0.1", "1", "10")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Conversations between the two amounts, both included."""
        least, most = self._amount("cost_from"), self._amount("cost_to")
        if least is not None and most is not None and most < least:
            raise Nonsense(f"{money(most)} is less than {money(least)}. Choose a second amount that is not less.")
        if self.given("cost") not in ("", "unpriced"):
            raise Nonsense("Choose two amounts, or unpriced calls.")
        found = Q(unpriced__gt=0) if self.given("cost") else Q()
        found &= Q() if least is None else Q(spent__gte=least)
        return queryset.filter(found & (Q() if most is None else Q(spent__lte=most)))

    def inputs(self) -> list[Input]:
        """Two amounts."""
        return [
            Input("cost_from", "From $", "text", self.given("cost_from"), "0.00"),
            Input("cost_to", "To $", "text", self.given("cost_to")),
        ]

    def links(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The dear ones, and those whose cost is not known."""
        yield "Any", {}
        for least in self.usual:
            yield f"{money(Decimal(least))} and more", {"cost_from": least}
        yield "With unpriced calls", {"cost": "unpriced"}

    def _amount(self, name: str) -> Decimal | None:
        text = self.given(name)
        if not text:
            return None
        try:
            amount = Decimal(text.removeprefix("$"))
        except InvalidOperation:
            raise Nonsense(f"“{text[:30]}” is no amount. Write it as 1.50.") from None
        if not amount.is_finite() or not 0 <= amount <= LARGEST:
            raise Nonsense(f"Choose amounts from $0 to {money(LARGEST)}.")
        return amount
