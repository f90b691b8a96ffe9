"""Who read whose conversation, when and why. Nothing here can be added, changed or deleted, by nobody."""

from contextlib import suppress
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.admin.changelist import Listed, looked_for, when
from chat.admin.form_filters import OwnerFilter, PeriodFilter, PersonFilter
from chat.admin.readonly import ReadOnlyAdmin
from chat.models import ReviewRecord


class ReaderFilter(PersonFilter):
    """Who read."""

    title = parameter_name = field = "reader"


class WhoseFilter(OwnerFilter):
    """Whose conversations were read."""

    title = parameter_name = "owner"


@admin.register(ReviewRecord)
class ReviewRecordAdmin(ReadOnlyAdmin, Listed):
    """Readings of others' conversations."""

    list_display = ("read_at", "reader_name", "owner_name", "which", "reason", "how")
    list_display_links = None
    list_filter = (("at", PeriodFilter), ReaderFilter, WhoseFilter, "how")
    list_per_page = 50
    list_select_related = ("conversation",)
    fields = ("at", "reader_name", "owner_name", "conversation_id", "reason", "how")
    search_fields = ("reader_name", "owner_name")
    search_help_text = "The name of a reader or an owner, or the id of a conversation."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    nothing_yet = "Whenever somebody reads another's conversation it will appear here, with the reason."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewRecord]:
        """Of the conversation only whether it is still there."""
        return super().get_queryset(request).only(*(f.name for f in self.opts.concrete_fields), "conversation__id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ReviewRecord], search_term: str
    ) -> tuple[QuerySet[ReviewRecord], bool]:
        """The names as they were then; an id."""
        term = looked_for(search_term)
        found = Q(reader_name__icontains=term) | Q(owner_name__icontains=term)
        with suppress(ValueError):
            found |= Q(conversation=UUID(term))
        return queryset.filter(found) if term else queryset, False

    @admin.display(description="when", ordering="at")
    def read_at(self, record: ReviewRecord) -> SafeString:
        """To the minute."""
        return when(record.at)

    @admin.display(description="conversation")
    def which(self, record: ReviewRecord) -> SafeString:
        """Its id; a link while it exists."""
        short = str(record.conversation_id)[:8]
        if record.conversation is None:
            return format_html('{} <span class="quiet">deleted</span>', short)
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:chat_conversation_change", args=[record.conversation_id]), short
        )
