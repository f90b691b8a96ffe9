"""Texts without a person: what was said stays, as nobody's, and nothing leads from it to who said it.

A conversation is written anew, with other ids, and whoever calls deletes the one that there was: so all that names its
ids, the usage records and the review records above all, names what is gone. Its times become days, and the names of
its owner are taken out of what was said. What people tell of themselves in other words stays.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from chat import conversations, search
from chat.models import Conversation, Message, User
from chat.models.insert import insert
from chat.reports.spans import day_of, midnight_of

NOBODY = "(anonymous)"
"""Whose they are. It is no name that a form takes, and has no password."""
NAME = "[name]"
"""Stands where a name of the owner stood."""
_SHAPE = {"type", "id", "tool_use_id", "name", "signature", "data", "encrypted_content", "encrypted_index"}
_SECOND = timedelta(seconds=1)


def keep_texts(keys: Iterable[UUID]) -> None:
    """Write these conversations anew as nobody's; in the transaction that deletes them."""
    rows = list(
        Conversation.objects.filter(pk__in=list(keys), messages__isnull=False).distinct().select_related("owner")
    )
    if not rows:
        return
    said: defaultdict[UUID, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(conversation__in=rows).order_by("created_at", "pk"):
        said[message.conversation_id].append(message)
    nobody, chats, messages = _nobody(), [], []
    for row in rows:
        names = _names(row.owner)
        chats.append(_conversation(row, nobody, names))
        messages += _messages(said[row.pk], chats[-1], names)
    insert(chats)
    insert(messages)
    conversations.recount(chat.pk for chat in chats)
    search.rebuild([chat.pk for chat in chats])


def without_names(value: Any, names: re.Pattern[str] | None) -> Any:
    """The same JSON with all of these names taken out; what tells a block's kind or belongs to the API stays."""
    if names is None:
        return value
    if isinstance(value, str):
        return names.sub(NAME, value)
    if isinstance(value, list):
        return [without_names(each, names) for each in value]
    if isinstance(value, dict):
        return {key: each if key in _SHAPE else without_names(each, names) for key, each in value.items()}
    return value


def _nobody() -> User:
    account = {"is_active": False, "password": make_password(None), "deleted_at": timezone.now()}
    return User.objects.get_or_create(username=NOBODY, defaults=account)[0]


def _names(owner: User) -> re.Pattern[str] | None:
    known = {owner.username, owner.email, owner.first_name, owner.last_name, *owner.get_full_name().split()} - {""}
    if not known:
        return None
    longest_first = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)", re.IGNORECASE)


def _conversation(row: Conversation, nobody: User, names: re.Pattern[str] | None) -> Conversation:
    return Conversation(
        owner=nobody,
        title=without_names(row.title, names)[: conversations.TITLE_LIMIT],
        model=row.model,
        system_prompt=without_names(row.system_prompt, names),
        archived=row.archived,
        created_at=_day(row.created_at),
        updated_at=_day(row.updated_at),
    )


def _messages(said: list[Message], chat: Conversation, names: re.Pattern[str] | None) -> list[Message]:
    """In their order, a second apart, so that it stays."""
    ids = {message.pk: uuid4() for message in said}
    kept = ("role", "model", "state", "stop_reason", "error_code")
    return [
        Message(
            id=ids[message.pk],
            conversation=chat,
            parent_id=ids.get(message.parent_id) if message.parent_id else None,
            content=without_names(message.content, names),
            text=without_names(message.text, names),
            error_detail=without_names(message.error_detail, names),
            created_at=_day(message.created_at) + number * _SECOND,
            **{name: getattr(message, name) for name in kept},
        )
        for number, message in enumerate(said)
    ]


def _day(moment: datetime) -> datetime:
    return midnight_of(day_of(moment))
