"""Conversations: a list with figures. They can be read and deleted, not edited; `conversation_pages` has each one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chat import conversations, reports, reviews, search
from chat.admin.calls import badge
from chat.admin.changelist import FiguresChangeList, looked_for, when
from chat.admin.conversation_pages import ConversationPages
from chat.admin.deletion import SaysWhatIsKept, named, too_many
from chat.admin.filters import CalledModelFilter, FlagFilter, HoldFilter, OwnersGroupFilter, StateFilter
from chat.admin.form_filters import CostFilter, OwnerFilter, PeriodFilter
from chat.admin.holds import Holdable
from chat.admin.text_export import TextExportable
from chat.exports import chats
from chat.exports.forms import Form
from chat.exports.table import Table
from chat.holds import HELD
from chat.models import Conversation, Message, ReviewNote, UsageRecord, User
from chat.models.review import OPEN_FLAG
from chat.reports import Totals
from chat.templatetags.figures import money, tokens

FEW_PEOPLE = 50
NARROWER = "Or choose other days, a person or a group."


@dataclass(frozen=True, slots=True)
class Figures:
    """What a conversation holds and came to, and how many notes and open flags of reviewers are at it."""

    messages: int
    totals: Totals
    notes: int
    flags: int


class ConversationChangeList(FiguresChangeList):
    """A list that names conversations by their titles where the reader may see these now, else by their ids."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not reviews.may_review(cast(User, request.user)):
            self.search_help_text = "A person's name, or the id of a conversation or message."

    def get_results(self, request: HttpRequest) -> None:
        """Read the page with its figures, then what of it may be read."""
        super().get_results(request)
        readable = reviews.readable(cast(User, request.user), self.result_list)
        for row in self.result_list:
            row.shown = row.heading if row.pk in readable else str(row)


@admin.register(Conversation)
class ConversationAdmin(SaysWhatIsKept, Holdable, TextExportable, ConversationPages):
    """Everybody's conversations."""

    list_display = ("heading", "owner", "models", "length", "tokens", "cost", "last_active")
    list_filter = (
        ("updated_at", PeriodFilter),
        OwnerFilter,
        OwnersGroupFilter,
        CalledModelFilter,
        CostFilter,
        StateFilter,
        FlagFilter,
        HoldFilter,
        "archived",
    )
    list_per_page = 50
    list_select_related = ("owner",)
    search_fields = ("title",)
    search_help_text = (
        'Words of one message or a title, "a phrase", -without; a person\'s name; the id of a conversation or message.'
    )
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    changelist = ConversationChangeList
    nothing_yet = "Conversations will appear here as soon as somebody has asked something."

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People start their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was said stays as it was."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """With whether they are on legal hold."""
        return super().get_queryset(request).defer("system_prompt").annotate(on_hold=HELD)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        """The name of the owner; an id; and for who may read them, all words in the title or in one message."""
        if not (term := looked_for(search_term)):
            return queryset, False
        found = _named(term)
        if reviews.may_review(cast(User, request.user)):
            # Whatever the filters leave of few people is looked for among what these said, however common its words.
            owners = list(queryset.order_by().values_list("owner", flat=True).distinct()[: FEW_PEOPLE + 1])
            hits = search.find(search_term, owners=owners if len(owners) <= FEW_PEOPLE else None)
            found |= hits.found
            if hits.more and queryset.query.has_filters():
                hits = hits.within(queryset)
                found |= hits.found
            if hits.note:
                messages.info(request, f"{hits.note} {NARROWER}" if hits.more else hits.note)
        return queryset.filter(found), False

    def export_table(self, form: Form) -> Table:
        """What each came to, without a word of it."""
        return chats.figures()

    def figures(self, keys: list[UUID]) -> dict[UUID, Figures]:
        """What the conversations of a page hold and came to."""
        rows = Message.objects.order_by().filter(conversation__in=keys).values_list("conversation")
        counts = dict(rows.annotate(Count("pk")))
        spending = reports.totals_by(
            UsageRecord.objects.filter(message__conversation__in=keys), "message__conversation"
        )
        noted = ReviewNote.objects.order_by().filter(conversation__in=keys).values_list("conversation")
        notes = {key: each for key, *each in noted.annotate(Count("pk"), flags=Count("pk", filter=OPEN_FLAG))}
        return {key: Figures(counts.get(key, 0), spending.get(key, Totals()), *notes.get(key, (0, 0))) for key in keys}

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the conversations and count the rest: there may be thousands of messages."""
        found = list(objs)
        said = Message.objects.filter(conversation__in=found).count()
        held = sum(conversation.on_hold for conversation in found)
        kept = [f"On legal hold: {held:,} of {len(found):,}. The hold has to be released first."]
        return (
            named([f"{conversation} ({conversation.owner})" for conversation in found]),
            {"conversations": len(found), "messages": said},
            set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)},
            [*too_many(found), *(kept if held else [])],
        )

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        """As the owner would: the open tabs are told, the usage records stay."""
        conversations.delete(obj)
        self.log_gone(request, obj)

    @admin.display(description="conversation")
    def heading(self, conversation: Any) -> SafeString:
        """The title or the id, and words where it is archived, held, flagged or written about."""
        figures: Figures = conversation.figures
        badges = [
            (conversation.archived, badge("", "archived")),
            (conversation.on_hold, badge("", "on legal hold")),
            (figures.flags, badge("alarm", "flagged")),
            (figures.notes, badge("", _counted(figures.notes, "note"))),
        ]
        shown = format_html_join("", " {}", ((each,) for is_so, each in badges if is_so))
        return format_html("<bdi>{}</bdi>{}", conversation.shown, shown)

    @admin.display(description="models")
    def models(self, conversation: Conversation) -> SafeString:
        """Those that were called; before the first question the one that is chosen."""
        called = conversation.called_models.split() or [conversation.model]
        return format_html_join(", ", "<bdi>{}</bdi>", ((each,) for each in called))

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


def _named(term: str) -> Q:
    # As lists, so that the database looks up these few and does not ask it of every row.
    named = Q(owner__in=list(User.objects.filter(username__icontains=term).values_list("pk", flat=True)))
    try:
        key = UUID(term)
    except ValueError:
        return named
    held = Message.objects.order_by().filter(pk=key).values_list("conversation", flat=True)
    return named | Q(pk__in=[key, *held])


def _counted(number: int, thing: str) -> str:
    return f"{tokens(number)} {thing}{'' if number == 1 else 's'}"
