"""The list of usage records: what all of them come to, and a page of them, without reading a million rows.

What rollups and slices know is taken from there: any days, together with any people, or with any models, ends, errors
and the like. What nobody has added up, say the failed calls of a group, is added up as it is asked for. So is it looked
for what cost most among those that filters leave. Of very many calls both take the newest; the page says since when.
"""

from datetime import datetime
from typing import Any

from django.db.models import ExpressionWrapper, F, OrderBy, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from chat import reports
from chat.admin.call_filters import BudgetFilter, MeasureFilter, StartFilter
from chat.admin.call_search import Sought, sought
from chat.admin.changelist import PlainChangeList, looked_for
from chat.admin.filters import ConversationFilter, GroupFilter
from chat.admin.form_filters import PersonFilter
from chat.models import Rollup, Slice, UsageRecord
from chat.models.money import UsdField
from chat.reports import Totals
from chat.reports.figures import totals_in
from chat.reports.spans import Span

REACH = 50_000
"""Calls that are read one by one where neither a rollup nor an index knows the answer."""
_NEVER_ROLLED = ConversationFilter | MeasureFilter | BudgetFilter
_UNINDEXED_COST = ExpressionWrapper(F("cost") + Value(0, UsdField()), UsdField())
_INDEXED = ("started_at_since", "started_at_until", "person", "person_name", "language_model", "error", "q")


class CallsChangeList(PlainChangeList):
    """A list of usage records that knows what all of them come to. ``since``: no calls before it were looked at."""

    since: datetime | None = None
    reach = 0
    _sorts_what_is_left = False

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """By cost the index has all calls; of those that filters leave it would have to read them all in that order."""
        ordering = super().get_ordering(request, queryset)
        if ordering[0] in ("cost", "-cost") and (
            self.query or any(v != [""] for v in self.get_filters_params().values())
        ):
            self._sorts_what_is_left = True
            ordering[0] = OrderBy(_UNINDEXED_COST, descending=ordering[0].startswith("-"))
        return ordering

    def get_results(self, request: HttpRequest) -> None:
        """Read the totals, one of which is how many rows there are, and then the page."""
        self.totals = self._totals(request)
        request.counted = self.totals.calls  # type: ignore[attr-defined]
        super().get_results(request)

    def _totals(self, request: HttpRequest) -> Totals:
        if self.problem:
            return Totals()
        term = looked_for(self.query)
        meant = sought(term) if term else None
        rows = self._rolled_up(request, meant)
        known = None if rows is None else totals_in(self._span, timezone.now(), rows, self.queryset)
        if known and not self._sorts_what_is_left:
            return known
        if known and known.calls <= REACH and any(self.params.get(name) for name in _INDEXED):
            return known
        if not self._chosen(ConversationFilter) and not (meant and meant.are_few):
            self._narrow(request)
        return reports.totals(self.queryset)

    @property
    def _span(self) -> Span:
        return self._start.span

    @property
    def _start(self) -> StartFilter:
        return next(spec for spec in self.filter_specs if isinstance(spec, StartFilter))

    def _rolled_up(self, request: HttpRequest, meant: Sought | None) -> QuerySet[Rollup] | QuerySet[Slice] | None:
        """The rollups or slices of the calls that were asked for; ``None`` where nobody keeps them."""
        every: QuerySet[Slice] = Slice.objects.as_calls()
        people, slices = Q(), every
        for spec in self.filter_specs:
            if isinstance(spec, PersonFilter | GroupFilter):
                people &= spec.rolled
            elif spec.used_parameters and not isinstance(spec, StartFilter | _NEVER_ROLLED):
                found = spec.queryset(request, slices)
                slices = slices if found is None else found
        if self._start.hour or self._chosen(_NEVER_ROLLED) or (meant and not meant.is_rolled):
            return None
        if meant and meant.is_error:
            slices = slices.filter(error_code=meant.term)
        elif meant:
            people &= Q(key__in=[str(key) for key in meant.people])
        if people:
            return Rollup.objects.filter(people, by=Rollup.By.USER) if slices is every else None
        return slices

    def _chosen(self, kinds: Any) -> bool:
        return any(isinstance(spec, kinds) and spec.value() for spec in self.filter_specs)

    def _narrow(self, request: HttpRequest) -> None:
        """Leave the newest calls: of the days or the hour, and where one person or budget is chosen of that."""
        calls: QuerySet[UsageRecord] = UsageRecord.objects.order_by("-started_at")
        for spec in self.filter_specs:
            if isinstance(spec, StartFilter | PersonFilter | BudgetFilter):
                calls = spec.queryset(request, calls)
        self.since = next(iter(calls.values_list("started_at", flat=True)[REACH : REACH + 1]), None)
        if self.since:
            self.reach = REACH
            self.queryset = self.queryset.filter(started_at__gt=self.since)
