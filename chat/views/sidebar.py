"""The list of conversations: newest first, in groups by day, searchable by title and text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Substr
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chat import search
from chat.engine.words import LONGEST_TERM, MOST_CHARACTERS, Query
from chat.models import Conversation, Message, User
from chat.search import Hits

PAGE = 50
NOTHING, NO_TEXT = Query(), SafeString()
LEAD, EXCERPT = 40, 160  # characters ahead of what was found, and in all
_MARKUP = re.compile(r"^#{1,6} |^\s*\|?[ :|-]*---[ :|-]*$|\*\*|`+|\|", re.MULTILINE)


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

    ``note`` is what else there is to say of a search. ``archived``: it is the list of what was put away.
    """

    groups: list[Group]
    query: str = ""
    note: str = ""
    archived: bool = False
    before: UUID | None = None
    more: str = ""


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
    query = query.replace("\0", "").strip()[:LONGEST_TERM]
    hits = search.find(query, owners=[user.pk]) if query else None
    owned = Conversation.objects.of(user)
    rows = owned.filter(hits.found) if hits else owned.filter(archived=archived)
    last = get_object_or_404(owned, pk=before) if before else None
    rows = rows.filter(_older_than(last)) if last else rows
    running = Exists(Message.objects.open().filter(conversation=OuterRef("pk")))
    page = list(rows.annotate(running=running).defer("system_prompt").order_by("-updated_at", "-pk")[: PAGE + 1])
    shown, is_more = page[:PAGE], len(page) > PAGE
    return Listing(
        groups=_grouped(shown, hits, current, after=last, zone=zone),
        query=query,
        note=hits.note if hits else "",
        archived=archived,
        before=before,
        more=_url(q=query, archived="1" if archived else "", before=str(shown[-1].pk)) if is_more else "",
    )


def _older_than(last: Conversation) -> Q:
    return Q(updated_at__lt=last.updated_at) | Q(updated_at=last.updated_at, pk__lt=last.pk)


def marked(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    """``text`` escaped, with ``<mark>`` around these stretches of it, from start to end, in order."""
    pieces, end = [], 0
    for first, last in spans:
        pieces.append(format_html("{}<mark>{}</mark>", text[end:first], text[first:last]))
        end = last
    return format_html_join("", "{}", ((piece,) for piece in (*pieces, text[end:])))


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


def _excerpts(messages: Iterable[UUID], query: Query) -> dict[UUID, SafeString]:
    """Of each message the piece where it was found first."""
    texts = Message.objects.filter(pk__in=messages).annotate(start=Substr("text", 1, MOST_CHARACTERS))
    return {key: _excerpt(text, query) for key, text in texts.values_list("pk", "start")}


def _excerpt(text: str, query: Query) -> SafeString:
    first, _ = next(query.marks(text), (0, 0))
    start = max(0, first - LEAD)
    start = (start and text.find(" ", start, first) + 1) or start
    piece = " ".join(_MARKUP.sub(" ", text[start : start + EXCERPT]).split())
    ahead, after = "… " if start else "", " …" if start + EXCERPT < len(text) else ""
    return format_html("{}{}{}", ahead, marked(piece, query.marks(piece)), after)


def _grouped(
    shown: Sequence[Conversation],
    hits: Hits | None,
    current: UUID | None,
    after: Conversation | None,
    zone: tzinfo | None,
) -> list[Group]:
    today = timezone.localdate(timezone=zone)
    said = hits.messages([each.pk for each in shown]) if hits else {}
    excerpts = _excerpts(said.values(), hits.query) if hits else {}

    def name_of(conversation: Conversation) -> str:
        return group_name(timezone.localdate(conversation.updated_at, zone), today)

    def item(conversation: Conversation) -> Item:
        message = said.get(conversation.pk)
        query = hits.query if hits else NOTHING
        return _item(conversation, query, current, message, excerpts.get(message) if message else None)

    going_on = name_of(after) if after else ""
    return [
        Group("" if name == going_on else name, [item(each) for each in each_group])
        for name, each_group in groupby(shown, key=name_of)
    ]


def _item(
    conversation: Conversation, query: Query, current: UUID | None, message: UUID | None, excerpt: SafeString | None
) -> Item:
    title = conversation.heading
    url = reverse("conversation", args=[conversation.pk])
    return Item(
        id=conversation.pk,
        title=title,
        url=f"{url}?leaf={message}#m-{message}" if message else url,
        running=conversation.running,  # type: ignore[attr-defined]
        archived=conversation.archived,
        current=conversation.pk == current,
        marked_title=marked(title, query.marks(title)),
        excerpt=excerpt or NO_TEXT,
    )
