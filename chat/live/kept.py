"""What is kept of turns that are over, for whoever was away."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from chat import wire
from chat.models import Message, UsageRecord, User


def ending_of(turn: UUID) -> dict[str, Any] | None:
    """The ``ended`` frame of a turn, or ``None`` where its message was deleted or it is not over."""
    try:
        message = Message.objects.defer("content", "text").get(pk=turn)
    except Message.DoesNotExist:
        return None
    if message.is_open:
        return None
    records = UsageRecord.objects.filter(message=turn, purpose=UsageRecord.Purpose.ANSWER)
    return wire.ended(message, list(records.defer("usage", "price").order_by("pk")))


def missed(user: User, turns: Collection[UUID]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Those of a person's turns that are over, each as its ``ended`` frame and its content."""
    messages = Message.objects.of(user).filter(pk__in=turns, role=Message.Role.ASSISTANT)
    return [
        (wire.ended(message, _records(message)), message.content)
        for message in messages.prefetch_related("usage_records")
        if not message.is_open
    ]


def _records(message: Message) -> list[Any]:
    records = [each for each in message.usage_records.all() if each.purpose == UsageRecord.Purpose.ANSWER]
    return sorted(records, key=lambda record: record.pk)
