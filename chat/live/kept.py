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


def missed(user: User, cursors: Mapping[UUID, Cursor]) -> list[str]:
    """The frames, encoded, that take a client from its cursors to the ends of those turns that are over."""
    frames: list[str] = []
    messages = Message.objects.of(user).filter(pk__in=cursors, role=Message.Role.ASSISTANT)
    for message in messages.prefetch_related("usage_records"):
        if not message.is_open:
            frames += wire.progress(str(message.pk), Reply.of(message.content), cursors[message.pk])
            frames.append(wire.encode(wire.ended(message, _records(message))))
    return frames


def _records(message: Message) -> list[Any]:
    records = [each for each in message.usage_records.all() if each.purpose == UsageRecord.Purpose.ANSWER]
    return sorted(records, key=lambda record: record.pk)
