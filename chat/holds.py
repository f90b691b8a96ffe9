"""Legal holds: what is held is neither deleted nor expired until somebody who may releases it. Their only writer."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from chat.engine.errors import Refused
from chat.models import Conversation, LegalHold, User

PERMISSION = "chat.hold_conversations"
REASON_LEAST, REASON_MOST = 8, 500  # characters
KEPT = "This chat is on legal hold: it has to be kept, and cannot be deleted until an administrator releases it."
HELD = Exists(LegalHold.objects.filter(conversation=OuterRef("pk"), released_at=None))
"""Of conversations: those on legal hold."""


class Kept(Refused):
    """What cannot be deleted now; the sentence says why, and what would help."""

    def __init__(self, sentence: str = KEPT) -> None:
        # No code of the protocol: nothing is deleted through a socket.
        super().__init__("kept", sentence)


def may_hold(user: User) -> bool:
    """Whether this person may set and release holds."""
    return user.has_perm(PERMISSION)


def standing(conversation: Conversation) -> LegalHold | None:
    """The hold that a conversation is on."""
    return LegalHold.objects.filter(conversation=conversation, released_at=None).first()


def held(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Those of them that are on legal hold."""
    return conversations.filter(HELD)


@transaction.atomic
def set_hold(person: User, conversation: Conversation, reason: str) -> LegalHold:
    """Keep a conversation. Raises: `Refused` where it is held already or gone, `PermissionDenied`."""
    _lock(person, conversation)
    if standing(conversation):
        raise Refused("busy", "This conversation is on legal hold already.")
    return LegalHold.objects.create(
        conversation=conversation, reason=reason, set_by=person, set_by_name=person.username, set_at=timezone.now()
    )


@transaction.atomic
def release(person: User, conversation: Conversation, reason: str) -> None:
    """Let a conversation go its way again. Raises: `Refused` where it is not held (any more), `PermissionDenied`."""
    _lock(person, conversation)
    ended = {
        "released_by": person,
        "released_by_name": person.username,
        "released_at": timezone.now(),
        "release_reason": reason,
    }
    if not LegalHold.objects.filter(conversation=conversation, released_at=None).update(**ended):
        raise Refused("not_found", "This conversation is not on legal hold (any more).")


def _lock(person: User, conversation: Conversation) -> None:
    if not may_hold(person):
        raise PermissionDenied
    if not Conversation.objects.select_for_update().filter(pk=conversation.pk).first():
        raise Refused("not_found", "This conversation was deleted meanwhile.")
