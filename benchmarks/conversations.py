"""`python -m benchmarks.conversations 2 2000`: conversations of so many messages; prints their ids."""

import json
import os
import sys
from datetime import timedelta
from uuid import uuid4

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from chat.models import Conversation, Message, User  # noqa: E402

TEXT = "A few sentences of an ordinary length, so that the history weighs what one weighs. " * 5


def conversation(owner: User, length: int) -> dict[str, object]:
    """A conversation of one branch, question and answer by turns."""
    chat = Conversation.objects.create(owner=owner, title=f"{length} messages", model=settings.CHAT_DEFAULT_MODEL)
    long_ago, parent, messages = timezone.now() - timedelta(days=1), None, []
    for number in range(length):
        role = Message.Role.ASSISTANT if number % 2 else Message.Role.USER
        content = [{"type": "text", "text": f"{number} {TEXT}"}]
        parent = Message(id=uuid4(), conversation=chat, parent=parent, role=role, content=content, text=TEXT)
        messages.append(parent)
    Message.objects.bulk_create(messages)
    for number, message in enumerate(messages):
        message.created_at = long_ago + timedelta(seconds=number)
    Message.objects.bulk_update(messages, ["created_at"], batch_size=200)
    return {"id": str(chat.pk), "leaf": str(messages[-1].pk), "length": length}


if __name__ == "__main__":
    person = User.objects.get()
    print(json.dumps([conversation(person, int(length)) for length in sys.argv[1:]]))
