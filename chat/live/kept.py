"""What is kept of turns that are over, as frames for whoever was away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat import wire
from chat.engine.reply import Cursor, Reply
from chat.models import Message, UsageRecord, User


def ending_of(turn: UUID) -> dict[str, Any] | None:
    """The ``ended`` frame of a turn, or ``None`` where its message was deleted or it is not over."""
    message = Message.objects.prefetch_related("usage_records").defer("content", "text").filter(pk=turn).first()
    if message is None or message.is_open:
        return None
    return wire.ended(message, _records(message))


def missed(user: User, cursors: Mapping[UUID, Cursor]) -> dict[UUID, list[str]]:
    """Of those turns that are over the frames, encoded, that take a client from its cursor to the end."""
    messages = Message.objects.of(user).filter(pk__in=cursors, role=Message.Role.ASSISTANT)
    return {
        message.pk: [
            *wire.progress(str(message.pk), Reply.of(message.content), cursors[message.pk]),
            wire.encode(wire.ended(message, _records(message))),
        ]
        for message in messages.prefetch_related("usage_records")
        if not message.is_open
    }


def _records(message: Message) -> list[Any]:
    records = [each for each in message.usage_records.all() if each.purpose == UsageRecord.Purpose.ANSWER]
    return sorted(records, key=lambda record: record.pk)
