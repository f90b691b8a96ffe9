"""Usage records: what every call cost, with totals of whatever the filters leave. Nothing here can be changed."""

import json
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery, UUIDField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from chat import reports
from chat.admin.call_filters import ErrorFilter, TokensFilter
from chat.admin.calls import Call, badge, cost_of
from chat.admin.changelist import PlainChangeList, when
from chat.admin.exports import Exportable
from chat.admin.filters import ConversationFilter, GroupFilter, ModelAskedFilter, PricedFilter
from chat.admin.form_filters import PeriodFilter, PersonFilter
from chat.admin.readonly import ReadOnlyAdmin
from chat.exports import records
from chat.exports.forms import Form
from chat.exports.table import Table
from chat.models import Message, UsageRecord, User
from chat.reports import Totals
from chat.reports.figures import totals_in
from chat.reports.rollups import By
from chat.reports.spans import EARLIEST, LATEST, Span
from chat.templatetags.figures import seconds, tokens


class TotalsChangeList(PlainChangeList):
    """A list of usage records that knows what all of them come to, not only those of the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the totals, one of which is how many rows there are, and then the page."""
        self.totals = self._rolled_up() or reports.totals(self.queryset)
        request.counted = self.totals.calls  # type: ignore[attr-defined]
        super().get_results(request)

    def _rolled_up(self) -> Totals | None:
        """The totals from rollups, where no more is chosen than days and one person or model."""
        chosen = {name: values[-1] for name, values in self.filter_params.items()}
        since, until = (chosen.pop(f"started_at_{name}", "") for name in ("since", "until"))
        name, key = next(iter(chosen.items()), ("", ""))
        if self.problem or self.query or len(chosen) > 1 or name not in _ROLLED or key == PersonFilter.DELETED:
            return None
        first = date.fromisoformat(since) if since else EARLIEST
        last = date.fromisoformat(until) if until else LATEST
        return totals_in(Span(first, last), timezone.now(), _ROLLED[name], key if name else None)


# A subquery, so that who counts or adds up does not join the messages.
_CONVERSATION = Subquery(Message.objects.order_by().filter(pk=OuterRef("message")).values("conversation"), UUIDField())
_ROLLED = {"": By.MODEL, "language_model": By.MODEL, "person": By.USER}


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin, Exportable):
    """Calls to the API."""

    list_display = ("started", "person", "asked", "purpose", "prompt", "cached", "output", "charged", "ended", "took")
    list_filter = (
        ("started_at", PeriodFilter),
        PersonFilter,
        GroupFilter,
        ConversationFilter,
        ModelAskedFilter,
        "end",
        "exactness",
        PricedFilter,
        "purpose",
        ErrorFilter,
        TokensFilter,
    )
    list_per_page = 50
    list_select_related = ("user",)
    search_fields = ("request_id",)
    search_help_text = "The beginning of a request id, an error code, or a part of a person's name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    changelist = TotalsChangeList
    nothing_yet = "Every call to the API will appear here, with its tokens and its cost."

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageRecord]:
        """With the conversation's key, but without the message's content."""
        return super().get_queryset(request).annotate(conversation=_CONVERSATION)

    def export_table(self, form: Form) -> Table:
        """All of each call, as ``docs/costs.md`` has it."""
        return records.table(form)

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Paginator:
        """One that does not count again what the totals have counted."""
        paginator = super().get_paginator(request, *args, **kwargs)
        if (counted := getattr(request, "counted", None)) is not None:
            paginator.count = counted
        return paginator

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UsageRecord], search_term: str
    ) -> tuple[QuerySet[UsageRecord], bool]:
        """What is compared from its beginning: to look for parts in a million records takes seconds."""
        if not (term := search_term.strip()):
            return queryset, False
        people = User.objects.filter(username__icontains=term).values("pk")
        return queryset.filter(Q(request_id__startswith=term) | Q(error_code=term) | Q(user__in=people)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One call, as the transcripts show it, with the API's own usage object."""
        record = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": "Usage record"}
        if record:
            context |= {"call": Call(record), "usage": json.dumps(record.usage, indent=2)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="started", ordering="started_at")
    def started(self, record: UsageRecord) -> SafeString:
        """When the call was made."""
        return when(record.started_at)

    @admin.display(description="person", ordering="user__username")
    def person(self, record: UsageRecord) -> str:
        """For whom it was made."""
        return str(record.user) if record.user else "deleted"

    @admin.display(description="model", ordering="model_asked")
    def asked(self, record: UsageRecord) -> str:
        """Which was asked."""
        return record.model_asked

    @admin.display(description="prompt", ordering="input_tokens")
    def prompt(self, record: UsageRecord) -> str:
        """Tokens that were not in the cache."""
        return tokens(record.input_tokens)

    @admin.display(description="cache")
    def cached(self, record: UsageRecord) -> str:
        """Tokens written to the cache and read from it."""
        written = record.cache_write_5m_tokens + record.cache_write_1h_tokens
        return f"{tokens(written)} / {tokens(record.cache_read_tokens)}" if written or record.cache_read_tokens else ""

    @admin.display(description="output", ordering="output_tokens")
    def output(self, record: UsageRecord) -> str:
        """Tokens of the answer, thinking included."""
        return tokens(record.output_tokens)

    @admin.display(description="cost", ordering="cost")
    def charged(self, record: UsageRecord) -> SafeString:
        """USD."""
        return cost_of(record)

    @admin.display(description="end", ordering="end")
    def ended(self, record: UsageRecord) -> SafeString:
        """How it ended; an error by its code."""
        return badge(record.end, record.error_code or record.get_end_display())

    @admin.display(description="took", ordering="seconds")
    def took(self, record: UsageRecord) -> str:
        """How long."""
        return "" if record.seconds is None else seconds(record.seconds)
