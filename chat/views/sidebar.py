"""The list of conversations: newest first, in groups by day, searchable by title and text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest, Lower, StrIndex, Substr
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chat.models import Conversation, Message, User

PAGE = 50
QUERY_LIMIT = 200
LEAD, EXCERPT = 40, 160  # characters ahead of what was found, and in all


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list; what was searched for is marked in ``marked_title`` and ``excerpt``."""

    id: UUID
    title: str
    url: str
    running: bool
    archived: bool
    current: bool
    marked_title: SafeString
    excerpt: SafeString


@dataclass(frozen=True, slots=True)
class Group:
    """Conversations of one stretch of days; without a name where it goes on from the page before."""

    name: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of the list; ``more`` is a link to the next one or empty, ``before`` the last item of the page before.

    ``archived``: it is the list of what was put away.
    """

    groups: list[Group]
    query: str = ""
    archived: bool = False
    before: UUID | None = None
    more: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    conversation: Conversation
    message: UUID | None = None
    piece: str = field(default="")


def listing(
    user: User,
    *,
    query: str = "",
    archived: bool = False,
    before: UUID | None = None,
    current: UUID | None = None,
    zone: tzinfo | None = None,
) -> Listing:
    """Up to 50 conversations of ``user`` after ``before``, archived ones or the others; with a query, all that match.

    Days begin where ``zone`` says, which is the site's where it is not known.
    """
    query = query.replace("\0", "").strip()[:QUERY_LIMIT]
    rows = _search(user, query) if query else Conversation.objects.of(user).filter(archived=archived)
    last = get_object_or_404(Conversation.objects.of(user), pk=before) if before else None
    if last:
        rows = rows.filter(Q(updated_at__lt=last.updated_at) | Q(updated_at=last.updated_at, pk__lt=last.pk))
    running = Exists(Message.objects.open().filter(conversation=OuterRef("pk")))
    page = list(rows.annotate(running=running).defer("system_prompt").order_by("-updated_at", "-pk")[: PAGE + 1])
    shown, is_more = page[:PAGE], len(page) > PAGE
    return Listing(
        groups=_grouped(_with_pieces(shown, query), query, current, after=last, zone=zone),
        query=query,
        archived=archived,
        before=before,
        more=_url(q=query, archived="1" if archived else "", before=str(shown[-1].pk)) if is_more else "",
    )


def marked(text: str, query: str) -> SafeString:
    """``text`` escaped, with ``<mark>`` around every occurrence of ``query`` in any case."""
    if not query:
        return format_html("{}", text)
    pieces = re.split(f"({re.escape(query)})", text, flags=re.IGNORECASE)
    wrapped = (format_html("<mark>{}</mark>" if place % 2 else "{}", piece) for place, piece in enumerate(pieces))
    return format_html_join("", "{}", ((piece,) for piece in wrapped))


def group_name(day: date, today: date) -> str:
    """``Today``, ``Yesterday``, ``Previous 7 days``, then the month, with its year where that is another one."""
    age = (today - day).days
    if age <= 0:
        return "Today"
    if age == 1:
        return "Yesterday"
    if age <= 7:
        return "Previous 7 days"
    return f"{day:%B}" if day.year == today.year else f"{day:%B %Y}"


def _url(**query: str) -> str:
    return f"{reverse('conversations')}?{urlencode({name: value for name, value in query.items() if value})}"


def _search(user: User, query: str) -> QuerySet[Conversation]:
    found = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=query).order_by("-created_at")
    rows = Conversation.objects.of(user).annotate(found=Subquery(found.values("pk")[:1]))
    return rows.filter(Q(title__icontains=query) | Q(found__isnull=False))


def _with_pieces(conversations: Sequence[Conversation], query: str) -> list[_Found]:
    if not query:
        return [_Found(conversation) for conversation in conversations]
    start = Greatest(StrIndex(Lower("text"), Lower(Value(query))) - LEAD, Value(1))
    keys = [conversation.found for conversation in conversations if conversation.found]  # type: ignore[attr-defined]
    rows = Message.objects.filter(pk__in=keys).annotate(at=start, piece=Substr("text", start, EXCERPT))
    pieces = {key: _trimmed(piece, at) for key, piece, at in rows.values_list("pk", "piece", "at")}
    return [_Found(each, each.found, pieces.get(each.found, "")) for each in conversations]  # type: ignore[attr-defined]


def _trimmed(piece: str, at: int) -> str:
    whole = len(piece) < EXCERPT
    return ("… " if at > 1 else "") + " ".join(piece.split()) + ("" if whole else " …")


def _grouped(
    found: list[_Found], query: str, current: UUID | None, after: Conversation | None, zone: tzinfo | None
) -> list[Group]:
    today = timezone.localdate(timezone=zone)

    def name_of(conversation: Conversation) -> str:
        return group_name(timezone.localdate(conversation.updated_at, zone), today)

    going_on = name_of(after) if after else ""
    return [
        Group("" if name == going_on else name, [_item(each, query, current) for each in each_group])
        for name, each_group in groupby(found, key=lambda each: name_of(each.conversation))
    ]


def _item(found: _Found, query: str, current: UUID | None) -> Item:
    conversation = found.conversation
    title = conversation.heading
    url = reverse("conversation", args=[conversation.pk])
    return Item(
        id=conversation.pk,
        title=title,
        url=f"{url}?leaf={found.message}#m-{found.message}" if found.message else url,
        running=conversation.running,  # type: ignore[attr-defined]
        archived=conversation.archived,
        current=conversation.pk == current,
        marked_title=marked(title, query),
        excerpt=marked(found.piece, query),
    )
