"""What is kept for how long: texts that nobody has touched for ``CHAT_RETENTION_DAYS`` are deleted or made anonymous.

Costs never are.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet

from chat import anonymity, conversations
from chat.conversations import Deleted
from chat.holds import HELD
from chat.models import Conversation, Message


class Way(StrEnum):
    """What becomes of texts whose time is over."""

    DELETE = "delete"
    ANONYMISE = "anonymise"


def expired(before: datetime, way: Way = Way.DELETE) -> QuerySet[Conversation]:
    """Conversations without a message or an answer since then; none on legal hold, none that is being answered.

    Those that are anonymous already are deleted like all others, but not made anonymous again.
    """
    running = Exists(Message.objects.open().filter(conversation=OuterRef("pk")))
    found = Conversation.objects.filter(~HELD, ~running, updated_at__lt=before)
    return found if way == Way.DELETE else found.exclude(owner__username=anonymity.NOBODY)


def expire(before: datetime, way: Way = Way.DELETE) -> Iterator[Deleted]:
    """Delete them, a batch at a time, or make them anonymous. Safe at any time; of several at once one does each."""
    keep = anonymity.keep_texts if way == Way.ANONYMISE else None
    return conversations.delete_all(expired(before, way), patient=False, first=keep)
