"""Conversations: a list with figures, and each as a transcript. They can be read and deleted, not edited."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from chat import conversations, reports
from chat.admin.changelist import FiguresChangeList, when
from chat.admin.filters import ModelFilter, OwnerFilter, PeriodFilter, StateFilter
from chat.admin.transcript import transcript_of
from chat.models import Conversation, Message, UsageRecord
from chat.reports import Totals
from chat.templatetags.figures import money, tokens


@dataclass(frozen=True, slots=True)
class Figures:
    """What a conversation holds and came to."""

    messages: int
    totals: Totals


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    """Everybody's conversations."""

    list_display = ("heading", "owner", "model", "length", "tokens", "cost", "last_active")
    list_filter = (("updated_at", PeriodFilter), OwnerFilter, ModelFilter, StateFilter, "archived")
    list_per_page = 50
    list_select_related = ("owner",)
    search_fields = ("title",)
    search_help_text = "Words of titles and messages, a person's name, or the id of a conversation or message."
    show_full_result_count = False
    nothing_yet = "Conversations will appear here as soon as somebody has asked something."

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People start their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was said stays as it was."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With figures."""
        return FiguresChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """With what the list can be ordered by; computed only when it is."""
        messages = Message.objects.order_by().filter(conversation=OuterRef("pk")).values("conversation")
        return (
            super()
            .get_queryset(request)
            .defer("system_prompt")
            .alias(
                message_count=Coalesce(Subquery(messages.annotate(count=Count("pk")).values("count")), 0),
                spent=reports.spent(UsageRecord.objects.all(), "message__conversation"),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """All words in the title or in one message; the name of the owner; an id."""
        return queryset.filter(_found(search_term)) if search_term.strip() else queryset, False

    def figures(self, keys: list[UUID]) -> dict[UUID, Figures]:
        """What the conversations of a page hold and came to."""
        rows = Message.objects.order_by().filter(conversation__in=keys).values_list("conversation")
        counts = dict(rows.annotate(Count("pk")))
        spending = reports.totals_by(
            UsageRecord.objects.filter(message__conversation__in=keys), "message__conversation"
        )
        return {key: Figures(counts.get(key, 0), spending.get(key, Totals())) for key in keys}

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The transcript: the branch through ``?message=`` or the one written last, a page at a time."""
        conversation = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        if conversation is None:
            raise Http404
        transcript = transcript_of(conversation, through=_key(request, "message"), page=request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": conversation.heading,
            "opts": self.opts,
            "original": conversation,
            "transcript": transcript,
            "pages": transcript.page.paginator.get_elided_page_range(transcript.page.number, on_each_side=2, on_ends=1),
            "totals": reports.totals(UsageRecord.objects.filter(message__conversation=conversation)),
            "may_delete": self.has_delete_permission(request, conversation),
            "preserved_filters": self.get_preserved_filters(request),
        }
        return render(request, "admin/chat/conversation/transcript.html", context)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the conversations and count the rest: there may be thousands of messages."""
        found = list(objs)
        messages = Message.objects.filter(conversation__in=found).count()
        return (
            [f"{conversation} ({conversation.owner})" for conversation in found],
            {"conversations": len(found), "messages": messages},
            set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)},
            [],
        )

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        """As the owner would: the open tabs are told, the usage records stay."""
        conversations.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Each as the owner would."""
        for conversation in queryset:
            conversations.delete(conversation)

    @admin.display(description="title", ordering="title")
    def heading(self, conversation: Conversation) -> SafeString:
        """The title, and a word where it is archived."""
        archived = format_html(' <span class="badge">{}</span>', "archived") if conversation.archived else ""
        return format_html("<bdi>{}</bdi>{}", conversation.heading, archived)

    @admin.display(description="messages", ordering="message_count")
    def length(self, conversation: Any) -> str:
        """In all branches."""
        return tokens(conversation.figures.messages)

    @admin.display(description="tokens")
    def tokens(self, conversation: Any) -> str:
        """Prompts and answers."""
        return tokens(conversation.figures.totals.tokens)

    @admin.display(description="cost", ordering="spent")
    def cost(self, conversation: Any) -> str:
        """USD, with its mark."""
        return money(conversation.figures.totals.cost, conversation.figures.totals.exactness)

    @admin.display(description="last active", ordering="updated_at")
    def last_active(self, conversation: Conversation) -> SafeString:
        """When it last took a message or an answer."""
        return when(conversation.updated_at)


def _found(term: str) -> Combinable | Q:
    said = Message.objects.filter(conversation=OuterRef("pk"))
    titled = Q()
    for word in term.split():
        said = said.filter(text__icontains=word)
        titled &= Q(title__icontains=word)
    found = titled | Q(owner__username__icontains=term.strip()) | Exists(said)
    try:
        key = UUID(term.strip())
    except ValueError:
        return found
    return found | Q(pk=key) | Exists(Message.objects.filter(conversation=OuterRef("pk"), pk=key))


def _key(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None
