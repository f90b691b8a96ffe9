"""A conversation to read: one branch at a time, as its owner saw it, forks marked, the calls beside each message."""

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.db.models.functions import Left

from chat.admin.calls import Call
from chat.engine.branches import Tree
from chat.models import Conversation, Message, UsageRecord
from chat.views.blocks import Block, blocks_of

PAGE = 50
EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Branch:
    """Another version of a message: its first words and how many messages hang on it, itself included."""

    message: UUID
    number: int
    excerpt: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message; ``place`` counts from the start of the branch, ``number`` of ``versions`` among its siblings."""

    message: Message
    blocks: list[Block]
    calls: list[Call]
    place: int
    number: int
    versions: int
    others: list[Branch]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page of the branch that ends at ``leaf``; ``messages`` and ``leaves`` count all branches."""

    leaf: UUID | None
    page: Page[UUID]
    entries: list[Entry]
    messages: int
    leaves: int


def transcript_of(conversation: Conversation, *, through: UUID | None = None, page: str | None = None) -> Transcript:
    """The branch through a message (else the one written last): the page asked for, else the one with that message."""
    tree = Tree(conversation.messages.order_by("created_at", "pk").values_list("pk", "parent_id"))
    through = through if through in tree.parents else None
    leaf = tree.leaf(through)
    path = tree.path(leaf)
    asked = page or (path.index(through) // PAGE + 1 if through else 1)
    shown = Paginator(path, PAGE).get_page(asked)
    leaves = sum(1 for message in tree.parents if not tree.children.get(message))
    return Transcript(leaf, shown, _entries(conversation, shown, tree), len(tree.parents), leaves)


def _entries(conversation: Conversation, page: Page[UUID], tree: Tree[UUID]) -> list[Entry]:
    calls = UsageRecord.objects.order_by("started_at", "pk")
    messages = conversation.messages.defer("text").prefetch_related(Prefetch("usage_records", calls))
    shown = messages.in_bulk(list(page))
    others = {key for message in page for key in tree.siblings(message)} - set(page)
    heads = Message.objects.filter(pk__in=others).annotate(head=Left("text", EXCERPT))
    excerpts = dict(heads.values_list("pk", "head"))
    return [
        _entry(shown[key], place, tree, excerpts)
        for place, key in enumerate(page, start=page.start_index())
        if key in shown
    ]


def _entry(message: Message, place: int, tree: Tree[UUID], excerpts: dict[UUID, str]) -> Entry:
    versions = tree.siblings(message.pk)
    return Entry(
        message=message,
        blocks=blocks_of(message.content, part="text"),
        calls=[Call(record) for record in message.usage_records.all()],
        place=place,
        number=versions.index(message.pk) + 1,
        versions=len(versions),
        others=[
            Branch(key, number, excerpts.get(key, ""), _size(tree, key))
            for number, key in enumerate(versions, start=1)
            if key != message.pk
        ],
    )


def _size(tree: Tree[UUID], message: UUID) -> int:
    size, level = 0, [message]
    while level:
        size += len(level)
        level = [child for each in level for child in tree.children.get(each, ())]
    return size
