"""Upkeep of the index, and its only writer. Called by whoever writes texts and titles, in the same transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from chat.engine.words import words
from chat.models import Conversation, Message, SearchEntry
from chat.models.conversation import OPEN_STATES

BATCH = 200  # conversations


def add(conversation: Conversation, text: str, message: Message | None = None) -> None:
    """Keep the words of a title, or of a message that is over, whose row was made in this transaction."""
    if text:
        key = message.pk if message else None
        _entry(conversation.pk, conversation.owner_id, text, key).save(force_insert=True)


def index(messages: Iterable[UUID]) -> None:
    """Keep the words of these messages: of those that are over and have a text. Of the others nothing is kept."""
    keys = list(messages)
    rows = list(_over(Message.objects.filter(pk__in=keys)))
    if gone := set(keys) - {message for message, *_ in rows}:
        SearchEntry.objects.filter(message__in=gone).delete()
    SearchEntry.objects.bulk_create(
        [_entry(conversation, owner, text, message) for message, conversation, owner, text in rows],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["words"],
    )


@transaction.atomic(savepoint=False)
def index_title(conversation: UUID) -> None:
    """Keep the words of a title."""
    SearchEntry.objects.filter(conversation=conversation, message=None).delete()
    titled = Conversation.objects.filter(pk=conversation).exclude(title="")
    SearchEntry.objects.bulk_create(
        _entry(conversation, owner, title) for owner, title in titled.values_list("owner", "title")
    )


def rebuild(conversations: Sequence[UUID]) -> None:
    """Index all of these conversations anew, each as if it had been written after the one before."""
    for start in range(0, len(conversations), BATCH):
        _rebuild(conversations[start : start + BATCH])


@transaction.atomic
def _rebuild(keys: Sequence[UUID]) -> None:
    SearchEntry.objects.filter(conversation__in=keys).delete()
    entries: dict[UUID, list[SearchEntry]] = {key: [] for key in keys}
    titled = Conversation.objects.filter(pk__in=keys).exclude(title="")
    for key, owner, title in titled.values_list("pk", "owner", "title"):
        entries[key].append(_entry(key, owner, title))
    for message, key, owner, text in _over(Message.objects.filter(conversation__in=keys)):
        entries[key].append(_entry(key, owner, text, message))
    SearchEntry.objects.bulk_create((each for found in entries.values() for each in found), batch_size=1000)


def _over(messages: QuerySet[Message]) -> QuerySet[Message, tuple[UUID, UUID, int, str]]:
    over = messages.exclude(state__in=OPEN_STATES).exclude(text="").order_by("created_at")
    return over.values_list("pk", "conversation", "conversation__owner", "text")


def _entry(conversation: UUID, owner: int, text: str, message: UUID | None = None) -> SearchEntry:
    return SearchEntry(conversation_id=conversation, message_id=message, words=[owner_word(owner), *words(text)])


def owner_word(owner: int) -> str:
    """Stands in front of the words of everything a person owns; no text has such a word."""
    return f"_{owner}"
