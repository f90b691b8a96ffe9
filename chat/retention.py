"""What is kept for how long: texts that nobody has touched for ``CHAT_RETENTION_DAYS`` are deleted, costs never."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from chat import conversations
from chat.conversations import Deleted
from chat.holds import HELD
from chat.models import Conversation, Message


def expired(before: datetime) -> QuerySet[Conversation]:
    """Conversations without a message or an answer since then; none on legal hold, none that is being answered."""
    running = Exists(Message.objects.open().filter(conversation=OuterRef("pk")))
    return Conversation.objects.filter(~HELD, ~running, updated_at__lt=before)


def expire(before: datetime) -> Iterator[Deleted]:
    """Delete them, a batch at a time. Safe at any time, and several times at once: each is deleted by one."""
    return conversations.delete_all(expired(before), patient=False)
