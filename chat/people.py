"""The end of an account: its texts go, what it cost stays, under a name that says nothing."""

import secrets
import time
from collections.abc import Collection

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Count, Model, Q, QuerySet
from django.utils import timezone

from chat import budgets, conversations, holds, turns
from chat.engine.errors import Refused
from chat.holds import Kept
from chat.models import Budget, Conversation, Message, User

STOP_SECONDS = 10
"""An answer that is told to stop takes a second to hear it, and up to five to count what it used."""
LOOK_SECONDS = 0.1
HELD = (
    "{name} has {chats} on legal hold, which must be kept, and with it who wrote it. Release the hold first, or only "
    "take away that the account is active."
)


def delete(person: User) -> None:
    """Close an account, stop and settle its answers, then delete its conversations and all that tells who it was.

    The row stays, so that the usage records of one person remain those of one. Not in a transaction: its steps have to
    be seen by whoever answers. Raises: `Kept` for what is in the way. Done again, it goes on where it was.
    """
    if reasons := obstacles([person]):
        raise Kept(" ".join(reasons))
    _close(person)
    _stop(person)
    for _ in conversations.delete_all(Conversation.objects.of(person)):
        pass
    _forget(person)


def obstacles(persons: Collection[User]) -> list[str]:
    """Why these accounts cannot be deleted, in sentences: conversations on legal hold, nobody left who administers."""
    found = holds.held(Conversation.objects.filter(owner__in=persons)).order_by("owner__username")
    counts = found.values_list("owner__username").annotate(Count("pk"))
    reasons = [HELD.format(name=name, chats=_conversations(count)) for name, count in counts]
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    if any(each.is_superuser for each in persons) and not superusers.exclude(pk__in=[p.pk for p in persons]).exists():
        reasons.append("Nobody would be left who may do everything here. Make another superuser first.")
    return reasons


@transaction.atomic
def _close(person: User) -> None:
    """From now on nobody logs in, and nothing begins: who begins a turn locks this row as well."""
    User.objects.select_for_update().get(pk=person.pk)
    User.objects.filter(pk=person.pk).update(is_active=False)


def _stop(person: User) -> None:
    running = Message.objects.of(person).open()
    for turn in list(running.values_list("pk", flat=True)):
        try:
            turns.request_stop(person, turn)
        except Refused:
            continue  # it was over first
    patience = time.monotonic() + STOP_SECONDS
    while running.exists():
        if time.monotonic() > patience:
            raise Kept(
                f"An answer of {person} is still being written. The account is closed, and the answer was told to "
                "stop: delete the account again in a minute.",
            )
        time.sleep(LOOK_SECONDS)


@transaction.atomic
def _forget(person: User) -> None:
    mark = f"deleted-{secrets.token_hex(4)}"
    _forget_in_the_log(person, mark)
    person.groups.clear()
    person.user_permissions.clear()
    blank = {"first_name": "", "last_name": "", "email": "", "timezone": "", "last_login": None}
    powers = {"is_active": False, "is_staff": False, "is_superuser": False}
    person.set_unusable_password()
    User.objects.filter(pk=person.pk).update(
        username=mark, password=person.password, deleted_at=timezone.now(), **blank, **powers
    )
    budgets.delete(Budget.objects.filter(user=person))
    person.refresh_from_db()


def _forget_in_the_log(person: User, mark: str) -> None:
    """What administrators did to the account and to its budgets, those included that were deleted before."""
    keys = [str(key) for key in person.budgets.values_list("pk", flat=True)]
    names = [str(Budget(user=person, period=period)) for period in Budget.Each]
    _entries(User).filter(object_id=str(person.pk)).update(object_repr=mark)
    _entries(Budget).filter(Q(object_id__in=keys) | Q(object_repr__in=names)).update(object_repr=f"Budget of {mark}")


def _entries(model: type[Model]) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))


def _conversations(count: int) -> str:
    return "a conversation" if count == 1 else f"{count:,} conversations"
