"""What people do to a conversation as a whole. Its messages are written by `turns`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import ProtectedError, QuerySet

from chat import holds, reports, search
from chat.engine.errors import Refused
from chat.holds import Kept
from chat.live.announce import announce_sync
from chat.models import Conversation, LanguageModel, Message
from chat.models.keys import Keys

TITLE_LIMIT = 200
BATCH = 100  # conversations in one transaction
_AS_IT_IS = (
    "This chat is on legal hold: its title and its system prompt have to stay as they are until an administrator "
    "releases it. Begin a new chat for another prompt."
)


class Deleted(NamedTuple):
    """How much one transaction deleted."""

    conversations: int
    messages: int


def rename(conversation: Conversation, title: str) -> None:
    """Give a conversation a title; white space is folded and 200 characters kept.

    Raises: `Refused` for an empty one, `Kept` where it is on legal hold.
    """
    title = _cut(title)
    if not title:
        raise Refused("empty", "A title needs at least one character.")
    if title != conversation.title:
        _may_be_overwritten(conversation)
    with transaction.atomic():
        _change(conversation, title=title)
        search.index_title(conversation.pk)


def retitle(conversation: UUID, *, provisional: str, title: str) -> str | None:
    """Replace a provisional title by the one that was made for it, and give it as it is kept; tells nobody.

    ``None`` where nothing was made or a person was quicker.
    """
    title = _cut(title)
    with transaction.atomic():
        if not title or not Conversation.objects.filter(pk=conversation, title=provisional).update(title=title):
            return None
        search.index_title(conversation)
    return title


def archive(conversation: Conversation, archived: bool) -> None:
    """Take a conversation out of the list, or put it back."""
    _change(conversation, archived=archived)


def configure(conversation: Conversation, *, model: str, system_prompt: str) -> None:
    """Choose the model and the system prompt of what is sent from now on.

    Raises: `Refused` where the model is not offered, `Kept` for another prompt of what is on legal hold.
    """
    if not LanguageModel.objects.filter(id=model, enabled=True).exists():
        raise Refused("unknown_model", f"The model {model} is not available. Choose another one.")
    if system_prompt.splitlines() != conversation.system_prompt.splitlines():
        _may_be_overwritten(conversation)
    Conversation.objects.filter(pk=conversation.pk).update(model=model, system_prompt=system_prompt)
    conversation.model, conversation.system_prompt = model, system_prompt


@transaction.atomic
def delete(conversation: Conversation) -> None:
    """Delete a conversation with its messages. What it cost stays in the usage records.

    Raises: `Kept` where it is on legal hold.
    """
    owner, key = conversation.owner_id, str(conversation.pk)
    _delete(list(Conversation.objects.select_for_update().filter(pk=conversation.pk).values_list("pk", flat=True)))
    transaction.on_commit(lambda: announce_sync(owner, {"type": "conversation", "conversation": key, "deleted": True}))


def delete_all(
    rows: QuerySet[Conversation], *, patient: bool = True, first: Callable[[list[UUID]], None] | None = None
) -> Iterator[Deleted]:
    """Delete all of these a batch at a time, each batch in a transaction of its own; their tabs are not told.

    ``first`` is what is done there with the keys of a batch before it is deleted.
    What a row must be to be one of these is asked again when it is locked. Where somebody else has locked it, it is
    waited for, or if we are not ``patient`` left alone. Raises: `Kept` where one is on legal hold.
    """
    skip = not patient and connection.features.has_select_for_update_skip_locked
    for portion in Keys(rows).portions(BATCH):
        with transaction.atomic():
            locked = Conversation.objects.select_for_update(skip_locked=skip).filter(pk__in=portion).order_by("pk")
            chosen = rows.filter(pk__in=list(locked.values_list("pk", flat=True)))
            keys = list(chosen.values_list("pk", flat=True))
            if first:
                first(keys)
            yield _delete(keys)


def recount(keys: Iterable[UUID]) -> None:
    """Compute what these conversations are ordered and filtered by anew, after their rows were written in bulk."""
    chosen = list(keys)
    Conversation.objects.filter(pk__in=chosen).update(**reports.of_conversations())
    alike = defaultdict(list)
    for key, called in reports.called_by_conversations(chosen).items():
        alike[called].append(key)
    for called, same in alike.items():
        Conversation.objects.filter(pk__in=same).update(called_models=called)


def _delete(keys: list[UUID]) -> Deleted:
    """Delete these, which are locked: nobody sets a hold on one now, nor begins or ends an answer in it."""
    # Whoever writes an answer locks first it and then its records, so we do, or the two would lock each other out.
    list(Message.objects.open().filter(conversation__in=keys).order_by("pk").select_for_update().values_list("pk"))
    messages = Message.objects.filter(conversation__in=keys).count()
    try:
        Conversation.objects.filter(pk__in=keys).delete()
    except ProtectedError:
        raise Kept from None
    return Deleted(len(keys), messages)


def _may_be_overwritten(conversation: Conversation) -> None:
    if holds.standing(conversation):
        raise Kept(_AS_IT_IS)


def _cut(title: str) -> str:
    return " ".join(title.split())[:TITLE_LIMIT]


def _change(conversation: Conversation, **fields: str | bool) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    for name, value in fields.items():
        setattr(conversation, name, value)
    frame = {"type": "conversation", "conversation": str(conversation.pk), **fields}
    transaction.on_commit(lambda: announce_sync(conversation.owner_id, frame))
