"""What people do to a conversation as a whole. Its messages are written by `turns`."""

from uuid import UUID

from django.db import transaction

from chat.engine.errors import Refused
from chat.live.announce import announce_sync
from chat.models import Conversation, LanguageModel

TITLE_LIMIT = 200


def rename(conversation: Conversation, title: str) -> None:
    """Give a conversation a title; white space is folded and 200 characters kept. An empty one is `Refused`."""
    title = _cut(title)
    if not title:
        raise Refused("empty", "A title needs at least one character.")
    _change(conversation, title=title)


def retitle(conversation: UUID, *, provisional: str, title: str) -> str | None:
    """Replace a provisional title by the one that was made for it, and give it as it is kept; tells nobody.

    ``None`` where nothing was made or a person was quicker.
    """
    title = _cut(title)
    if title and Conversation.objects.filter(pk=conversation, title=provisional).update(title=title):
        return title
    return None


def archive(conversation: Conversation, archived: bool) -> None:
    """Take a conversation out of the list, or put it back."""
    _change(conversation, archived=archived)


def configure(conversation: Conversation, *, model: str, system_prompt: str) -> None:
    """Choose the model and the system prompt of what is sent from now on; `Refused` where the model is not offered."""
    if not LanguageModel.objects.filter(id=model, enabled=True).exists():
        raise Refused("unknown_model", f"The model {model} is not available. Choose another one.")
    Conversation.objects.filter(pk=conversation.pk).update(model=model, system_prompt=system_prompt)
    conversation.model, conversation.system_prompt = model, system_prompt


def delete(conversation: Conversation) -> None:
    """Delete a conversation with its messages. What it cost stays in the usage records."""
    owner, key = conversation.owner_id, str(conversation.pk)
    conversation.delete()
    transaction.on_commit(lambda: announce_sync(owner, {"type": "conversation", "conversation": key, "deleted": True}))


def _cut(title: str) -> str:
    return " ".join(title.split())[:TITLE_LIMIT]


def _change(conversation: Conversation, **fields: str | bool) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    for name, value in fields.items():
        setattr(conversation, name, value)
    frame = {"type": "conversation", "conversation": str(conversation.pk), **fields}
    transaction.on_commit(lambda: announce_sync(conversation.owner_id, frame))
