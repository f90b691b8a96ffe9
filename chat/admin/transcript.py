"""A conversation to read: one branch at a time, as its owner saw it, forks marked, the calls beside each message."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.db.models.functions import Left

from chat.admin.calls import Call
from chat.engine.branches import Tree
from chat.models import Conversation, Message, ReviewNote, UsageRecord
from chat.views.blocks import Block, blocks_of

PAGE = 50
EXCERPT = 80

Notes = Mapping[UUID | None, list[ReviewNote]]
"""Reviewers' notes by message; those at the conversation under ``None``."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Another version of a message: its first words and how many messages hang on it, itself included."""

    message: UUID
    number: int
    excerpt: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message; ``place`` counts from the start of the branch, ``number`` of ``versions`` among its siblings.

    ``detail`` is what the API said of an error, which may quote the text.
    """

    message: Message
    blocks: list[Block]
    detail: str
    calls: list[Call]
    place: int
    number: int
    versions: int
    others: list[Branch]
    notes: list[ReviewNote]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page of the branch that ends at ``leaf``; ``messages`` and ``leaves`` count all branches.

    ``text`` says whether it holds any, ``notes`` are empty where they are not for the reader.
    """

    leaf: UUID | None
    page: Page[UUID]
    entries: list[Entry]
    messages: int
    leaves: int
    text: bool
    notes: Notes | None

    @property
    def noted(self) -> list[ReviewNote]:
        """Notes at the conversation."""
        return list((self.notes or {}).get(None, ()))

    @property
    def noted_elsewhere(self) -> list[ReviewNote]:
        """Notes at messages, on this page or not."""
        return [note for at, notes in (self.notes or {}).items() if at for note in notes]


def transcript_of(
    conversation: Conversation,
    *,
    text: bool,
    notes: Notes | None = None,
    through: UUID | None = None,
    page: str | None = None,
) -> Transcript:
    """The branch through a message (else the one written last): the page asked for, else the one with that message.

    Without ``text`` none of it is read: what is left are the figures.
    """
    tree = Tree(conversation.messages.order_by("created_at", "pk").values_list("pk", "parent_id"))
    through = through if through in tree.parents else None
    leaf = tree.leaf(through)
    path = tree.path(leaf)
    asked = page or (path.index(through) // PAGE + 1 if through else 1)
    shown = Paginator(path, PAGE).get_page(asked)
    leaves = sum(1 for message in tree.parents if not tree.children.get(message))
    entries = _entries(conversation, shown, tree, text, notes or {})
    return Transcript(leaf, shown, entries, len(tree.parents), leaves, text, notes)


def _entries(conversation: Conversation, page: Page[UUID], tree: Tree[UUID], text: bool, notes: Notes) -> list[Entry]:
    calls = UsageRecord.objects.order_by("started_at", "pk")
    unread = ("text",) if text else ("text", "content", "error_detail")
    messages = conversation.messages.defer(*unread).prefetch_related(Prefetch("usage_records", calls))
    shown = messages.in_bulk(list(page))
    others = {key for message in page for key in tree.siblings(message)} - set(page)
    excerpts = _excerpts(others) if text else {}
    return [
        _entry(shown[key], place, tree, excerpts, text, notes.get(key, []))
        for place, key in enumerate(page, start=page.start_index())
        if key in shown
    ]


def _excerpts(messages: set[UUID]) -> dict[UUID, str]:
    heads = Message.objects.filter(pk__in=messages).annotate(head=Left("text", EXCERPT))
    return dict(heads.values_list("pk", "head"))


def _entry(
    message: Message, place: int, tree: Tree[UUID], excerpts: dict[UUID, str], text: bool, notes: list[ReviewNote]
) -> Entry:
    versions = tree.siblings(message.pk)
    part = "markdown" if message.role == Message.Role.ASSISTANT else "text"
    return Entry(
        message=message,
        blocks=blocks_of(message.content, part=part) if text else [],
        detail=message.error_detail if text else "",
        calls=[Call(record) for record in message.usage_records.all()],
        place=place,
        number=versions.index(message.pk) + 1,
        versions=len(versions),
        others=[
            Branch(key, number, excerpts.get(key, ""), _size(tree, key))
            for number, key in enumerate(versions, start=1)
            if key != message.pk
        ],
        notes=notes,
    )


def _size(tree: Tree[UUID], message: UUID) -> int:
    size, level = 0, [message]
    while level:
        size += len(level)
        level = [child for each in level for child in tree.children.get(each, ())]
    return size
