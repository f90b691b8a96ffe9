"""One page of a branch of a conversation, as its template shows it; the number of queries does not grow with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404
from django.urls import reverse

from chat.engine.branches import Tree
from chat.engine.errors import ProviderError
from chat.models import Conversation, Message, UsageRecord
from chat.models.catalogue import alias_of
from chat.views.blocks import Block, blocks_of

PAGE = 60
_STATUS = {
    "queued": "Waiting for Claude",
    "streaming": "Writing",
    "stopped": "Stopped",
    "max_tokens": "Ended at the length limit",
    "model_context_window_exceeded": "Ended because the conversation is as long as the model can read",
    "refusal": "Claude declined to answer",
    "pause_turn": "Claude paused before the end: ask it to go on",
}
_INTERRUPTED = "The server stopped in the middle of this answer. What had arrived is kept."
_EXPLANATIONS = {
    "exact": "Exact: from the API's own count",
    "estimated": "Estimated: the answer ended before the API had told its final count",
    "lower_bound": "At least this much: not all that was written could be counted",
}
_UNPRICED = "The catalogue has no price for this model or for what it used, so the cost is not known"
_WORST_LAST = tuple(_EXPLANATIONS)


@dataclass(frozen=True, slots=True)
class Spent:
    """What all calls for one answer took together: tokens, USD (``None``: unpriced), seconds of the last call."""

    prompt: int
    cached: int
    output: int
    cost: Decimal | None
    exactness: str
    seconds: float | None

    @classmethod
    def of(cls, records: Iterable[UsageRecord]) -> Self | None:
        """The sum of the closed records, or ``None`` where no token was counted."""
        closed = [record for record in records if record.end != UsageRecord.End.OPEN and _tokens(record)]
        if not closed:
            return None
        costs = [record.cost for record in closed if record.cost is not None]
        return cls(
            prompt=sum(_tokens(record) - record.output_tokens for record in closed),
            cached=sum(record.cache_read_tokens for record in closed),
            output=sum(record.output_tokens for record in closed),
            cost=sum(costs, Decimal(0)) if len(costs) == len(closed) else None,
            exactness=max((record.exactness for record in closed), key=_WORST_LAST.index),
            seconds=closed[-1].seconds,
        )

    @property
    def total(self) -> int:
        """Tokens in and out."""
        return self.prompt + self.output

    @property
    def explanation(self) -> str:
        """Why the cost is given as it is."""
        return _UNPRICED if self.cost is None else _EXPLANATIONS[self.exactness]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer is not whole: a sentence for people, the rest for the fold behind it."""

    sentence: str
    code: str
    detail: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One message with what stands around it; ``number`` of ``count`` is its place among the branches."""

    message: Message
    blocks: list[Block]
    label: str
    number: int
    count: int
    previous: str
    next: str
    spent: Spent | None = None
    failure: Failure | None = None

    @property
    def id(self) -> UUID:
        """Of the message."""
        return self.message.pk

    @property
    def parent(self) -> UUID | str:
        """The id of the message before it; empty where it is the first."""
        return self.message.parent_id or ""

    @property
    def conversation(self) -> UUID:
        """Its id."""
        return self.message.conversation_id

    @property
    def role(self) -> str:
        """``user`` or ``assistant``."""
        return self.message.role

    @property
    def size(self) -> int:
        """How much there is to read, in powers of two: the stylesheet keeps so much room for it."""
        return sum(len(block.text) for block in self.blocks if block.kind == "text").bit_length()

    @property
    def state(self) -> str:
        """Of an answer: see `Message.State`."""
        return self.message.state

    @property
    def model(self) -> str:
        """The id of the model that was asked."""
        return self.message.model

    @property
    def status(self) -> str:
        """The state in words; empty where nothing needs to be said."""
        return _STATUS.get(self.message.state) or _STATUS.get(self.message.stop_reason, "")


@dataclass(frozen=True, slots=True)
class TranscriptPage:
    """Up to 60 messages of the branch that ends at ``leaf``; ``earlier`` and ``later`` are links or empty."""

    leaf: UUID | None
    entries: list[Entry]
    earlier: str = ""
    later: str = ""


def transcript_page(
    conversation: Conversation,
    labels: Mapping[str, str],
    *,
    through: UUID | None = None,
    before: UUID | None = None,
    turn: UUID | None = None,
) -> TranscriptPage:
    """The last page of the branch through a message, the page that ends ahead of ``before``, or just one ``turn``.

    A turn is an answer with its question. Without any of them it is the branch that was written last. A message of
    another conversation is `Http404`.
    """
    tree = Tree(conversation.messages.order_by("created_at", "pk").values_list("pk", "parent_id"))
    chosen = through or before or turn
    if any(message and message not in tree.parents for message in (through, before, turn)):
        raise Http404
    leaf = tree.leaf(chosen)
    path = tree.path(leaf)
    if any(message and message not in path for message in (before, turn)):
        raise Http404
    end = path.index(before) if before else path.index(turn) + 1 if turn else len(path)
    shown = path[max(0, end - (2 if turn else PAGE)) : end]
    return TranscriptPage(
        leaf=leaf,
        entries=_entries(conversation, shown, tree, labels),
        earlier=_url(conversation, leaf=leaf, before=shown[0]) if shown and shown[0] != path[0] else "",
        later=_url(conversation, leaf=leaf) if before else "",
    )


def _entries(conversation: Conversation, shown: list[UUID], tree: Tree[UUID], labels: Mapping[str, str]) -> list[Entry]:
    answers = UsageRecord.objects.filter(purpose=UsageRecord.Purpose.ANSWER).order_by("attempt", "pk")
    messages = conversation.messages.defer("text").prefetch_related(Prefetch("usage_records", answers)).in_bulk(shown)
    return [_entry(messages[key], tree, labels) for key in shown if key in messages]


def _entry(message: Message, tree: Tree[UUID], labels: Mapping[str, str]) -> Entry:
    branches = tree.siblings(message.pk)
    place = branches.index(message.pk)
    records = list(message.usage_records.all())
    answered = records[-1].model_answered if records else ""
    is_question = message.role == Message.Role.USER
    return Entry(
        message=message,
        blocks=blocks_of(message.content, part="text" if is_question else "markdown"),
        label=_label(answered or message.model, labels),
        number=place + 1,
        count=len(branches),
        previous=_url(message.conversation_id, leaf=branches[place - 1]) if place else "",
        next=_url(message.conversation_id, leaf=branches[place + 1]) if place + 1 < len(branches) else "",
        spent=Spent.of(records),
        failure=_failure(message, records),
    )


def _failure(message: Message, records: list[UsageRecord]) -> Failure | None:
    if message.state not in (Message.State.FAILED, Message.State.INTERRUPTED):
        return None
    interrupted = message.state == Message.State.INTERRUPTED
    return Failure(
        sentence=_INTERRUPTED if interrupted else _sentences().get(message.error_code, ProviderError.sentence),
        code=message.error_code or message.state,
        detail=message.error_detail,
        request_id=records[-1].request_id if records else "",
    )


@cache
def _sentences() -> dict[str, str]:
    return {error.code: error.sentence for error in ProviderError.__subclasses__()}


def _label(model: str, labels: Mapping[str, str]) -> str:
    return labels.get(model) or labels.get(alias_of(model), model)


def _url(conversation: Conversation | UUID, **query: UUID | None) -> str:
    key = conversation.pk if isinstance(conversation, Conversation) else conversation
    return f"{reverse('conversation', args=[key])}?{urlencode({name: str(value) for name, value in query.items()})}"


def _tokens(record: UsageRecord) -> int:
    return (
        record.input_tokens
        + record.output_tokens
        + record.cache_write_5m_tokens
        + record.cache_write_1h_tokens
        + record.cache_read_tokens
    )
