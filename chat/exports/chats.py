"""Conversations: their figures as a table, and their texts as JSON, one conversation in each line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from chat import reports
from chat.exports.forms import json_of
from chat.exports.table import Table
from chat.holds import HELD
from chat.models import Conversation, Message, UsageRecord
from chat.models.keys import Keys
from chat.reports import Totals

FIELDS = ("id", "owner_id", "owner", "model", "archived", "on_legal_hold", "created_at", "updated_at")
FIGURES = (
    "messages",
    "calls",
    "unpriced_calls",
    "prompt_tokens",
    "output_tokens",
    "cost_usd",
    "exactness",
    "called_models",
)
MESSAGE: tuple[str, ...] = ("id", "parent", "role", "state", "model", "stop_reason", "error_code", "error_detail")
MESSAGE += ("created_at", "ended_at", "content")
TOGETHER = 50
"""Conversations, or messages of one, in memory at a time."""


def figures() -> Table:
    """What conversations came to, without a word of what was said."""
    return Table([*FIELDS, *FIGURES], _figures)


def texts(keys: Keys, about_to_leave: Callable[[list[UUID]], object]) -> Iterator[bytes]:
    """Each conversation as a line of JSON: its figures, title, system prompt, and messages with all branches.

    ``about_to_leave`` is called with the keys of a few before the first byte of any of them is given. One that was
    deleted meanwhile is a line with its id alone.
    """
    for portion in keys.portions(TOGETHER):
        about_to_leave(portion)
        for row in told(portion):
            yield from whole(row)
            yield b"\n"


def told(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """What there is to tell of these conversations besides their messages, in their order."""
    rows = {row[0]: dict(zip((*FIELDS, *FIGURES), row, strict=True)) for row in _figures(keys)}
    for key, *words in Conversation.objects.order_by().filter(pk__in=rows).values_list("pk", "title", "system_prompt"):
        rows[key] |= dict(zip(("title", "system_prompt"), words, strict=True))
    return [rows.get(key, {"id": key}) for key in keys]


def whole(row: Mapping[str, Any]) -> Iterator[bytes]:
    """A conversation as one JSON object, its messages a few at a time."""
    yield json_of(row)[:-1] + b',"messages":['
    yield from joined(json_of(message) for message in _messages(row["id"]))
    yield b"]}"


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The members of a JSON array, with commas between them."""
    for place, piece in enumerate(pieces):
        yield b"," + piece if place else piece


def _messages(conversation: UUID) -> Iterator[dict[str, Any]]:
    rows = Message.objects.filter(conversation=conversation).order_by("created_at", "pk")
    for portion in Keys(rows).portions(TOGETHER):
        found = {row["id"]: row for row in Message.objects.order_by().filter(pk__in=portion).values(*MESSAGE)}
        yield from (found[key] for key in portion if key in found)


def _figures(keys: Sequence[UUID]) -> list[Sequence[Any]]:
    rows = Conversation.objects.order_by().filter(pk__in=keys).annotate(on_legal_hold=HELD)
    fields = ("called_models", "pk", "owner_id", "owner__username", *FIELDS[3:])
    messages = Message.objects.order_by().filter(conversation__in=keys).values_list("conversation")
    counts = dict(messages.annotate(Count("pk")))
    records = UsageRecord.objects.filter(message__conversation__in=keys)
    spending = reports.totals_by(records, "message__conversation")
    return [
        [key, *row, counts.get(key, 0), *_sums(spending.get(key, Totals())), " ".join(called.split())]
        for called, key, *row in rows.values_list(*fields)
    ]


def _sums(totals: Totals) -> list[Any]:
    return [totals.calls, totals.unpriced, totals.usage.prompt, totals.usage.output, totals.cost, totals.exactness]
