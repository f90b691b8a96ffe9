"""Usage records: what every call cost, with totals of whatever the filters leave. Nothing here can be changed."""

import json
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet, Subquery, UUIDField
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from chat.admin.call_filters import MEASURES, BudgetFilter, ErrorFilter, MeasureFilter, StartFilter, TokensFilter
from chat.admin.call_list import CallsChangeList
from chat.admin.call_search import sought
from chat.admin.calls import Call, badge, cost_of
from chat.admin.changelist import looked_for, when
from chat.admin.exports import Exportable
from chat.admin.filters import ConversationFilter, GroupFilter, ModelAskedFilter, PricedFilter
from chat.admin.form_filters import PersonFilter
from chat.admin.readonly import ReadOnlyAdmin
from chat.exports import records
from chat.exports.forms import Form
from chat.exports.table import Table
from chat.models import Message, UsageRecord
from chat.templatetags.figures import per_second, seconds, tokens

# A subquery, so that who counts or adds up does not join the messages.
_CONVERSATION = Subquery(Message.objects.order_by().filter(pk=OuterRef("message")).values("conversation"), UUIDField())


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin, Exportable):
    """Calls to the API."""

    list_display = ("started", "person", "asked", "made_for", "prompt", "cached", "output", "charged", "ended", "took")
    list_filter = (
        ("started_at", StartFilter),
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
        MeasureFilter,
        BudgetFilter,
    )
    list_per_page = 50
    list_select_related = ("user",)
    search_fields = ("request_id",)
    search_help_text = "The beginning of a request id, an error code, or a part of a person's name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    changelist = CallsChangeList
    nothing_yet = "Every call to the API will appear here, with its tokens and its cost."

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageRecord]:
        """With the conversation's key, but without the message's content."""
        return super().get_queryset(request).annotate(conversation=_CONVERSATION)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Where calls are chosen by what was measured, that is the second column; all of these are for answers."""
        measure = request.GET.get("measure")
        if measure not in MEASURES:
            return self.list_display
        first, *others = (name for name in self.list_display if name != "made_for")
        return (first, measure, *others)

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
        """People, an error, requests."""
        term = looked_for(search_term)
        return (queryset.filter(sought(term).found) if term else queryset), False

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

    @admin.display(description="person")
    def person(self, record: UsageRecord) -> str:
        """For whom it was made."""
        return str(record.user) if record.user else "deleted"

    @admin.display(description="model")
    def asked(self, record: UsageRecord) -> str:
        """Which was asked."""
        return record.model_asked

    @admin.display(description="purpose")
    def made_for(self, record: UsageRecord) -> str:
        """An answer or a title."""
        return record.get_purpose_display()

    @admin.display(description="prompt")
    def prompt(self, record: UsageRecord) -> str:
        """Tokens that were not in the cache."""
        return tokens(record.input_tokens)

    @admin.display(description="cache")
    def cached(self, record: UsageRecord) -> str:
        """Tokens written to the cache and read from it."""
        written = record.cache_write_5m_tokens + record.cache_write_1h_tokens
        return f"{tokens(written)} / {tokens(record.cache_read_tokens)}" if written or record.cache_read_tokens else ""

    @admin.display(description="output")
    def output(self, record: UsageRecord) -> str:
        """Tokens of the answer, thinking included."""
        return tokens(record.output_tokens)

    @admin.display(description="cost", ordering="cost")
    def charged(self, record: UsageRecord) -> SafeString:
        """USD."""
        return cost_of(record)

    @admin.display(description="end")
    def ended(self, record: UsageRecord) -> SafeString:
        """How it ended; an error by its code."""
        return badge(record.end, record.error_code or record.get_end_display())

    @admin.display(description="took")
    def took(self, record: UsageRecord) -> str:
        """How long."""
        return "" if record.seconds is None else seconds(record.seconds)

    @admin.display(description="first token", ordering="measure")
    def first_token(self, record: UsageRecord) -> str:
        """How long until it came."""
        return "" if record.first_token_seconds is None else seconds(record.first_token_seconds)

    @admin.display(description="speed", ordering="measure")
    def speed(self, record: UsageRecord) -> str:
        """Tokens per second from the first one on."""
        writing = (record.seconds or 0) - (record.first_token_seconds or 0)
        return per_second(record.output_tokens / writing) if writing else ""
