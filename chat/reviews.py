"""Who may read others' conversations, and the only writer of the record of it and of reviewers' notes.

The text of a conversation (title, system prompt, messages, details of errors) is for its owner, and for people with
the permission `PERMISSION` once they have said why: once for each conversation and day. Superusers are no exception.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat.engine.errors import Refused
from chat.engine.periods import Period, midnight, start_of
from chat.models import Conversation, Message, ReviewNote, ReviewRecord, User

PERMISSION = "chat.review_conversations"
REASON_LEAST, REASON_MOST, NOTE_MOST = 8, 500, 2000  # characters
BATCH = 1000


def may_review(user: User) -> bool:
    """Whether this person may read what others wrote, having said why."""
    return user.has_perm(PERMISSION)


def may_read(user: User, conversation: Conversation) -> bool:
    """Whether the text of this conversation is for this person: it is theirs, or they may review."""
    return conversation.owner_id == user.pk or may_review(user)


def needs_reason(user: User, conversation: Conversation) -> bool:
    """Whether one who may read it has to say why first. A reason holds until midnight in the reader's time zone."""
    return conversation.pk not in readable(user, [conversation])


def readable(user: User, conversations: Iterable[Conversation]) -> set[UUID]:
    """Those whose text may be shown to this person now, without another word. One query at most."""
    given = list(conversations)
    own = {each.pk for each in given if each.owner_id == user.pk}
    others = [each.pk for each in given if each.pk not in own]
    if not others or not may_review(user):
        return own
    today = midnight(start_of(Period.DAY, timezone.now(), user.zone), user.zone)
    opened = ReviewRecord.objects.filter(reader=user, how=ReviewRecord.How.PAGE, at__gte=today)
    return own | set(opened.filter(conversation__in=others).values_list("conversation", flat=True))


def record_reading(reader: User, conversation: Conversation, reason: str) -> None:
    """Before another's conversation is shown on its page. Nothing is written where no reason is needed (any more).

    Raises: `Refused` for a reason that is none, `PermissionDenied`.
    """
    if not may_read(reader, conversation):
        raise PermissionDenied
    if needs_reason(reader, conversation):
        reason = checked_reason(reason)
        key, owner = conversation.pk, conversation.owner
        _record(reader, key, owner.pk, owner.username, reason, ReviewRecord.How.PAGE, timezone.now()).save()


def record_export(reader: User, conversations: QuerySet[Conversation], reason: str) -> int:
    """Before the text of these conversations is handed out: a record for each that is another's; how many they are.

    In batches, so that memory does not grow with the number of conversations, and all of them or none. Whoever streams
    an export calls it for each piece before it is sent, or for the whole.

    Raises: `Refused` for a reason that is none, also where there is nothing to record; `PermissionDenied`.
    """
    if not may_review(reader):
        raise PermissionDenied
    reason, now, count = checked_reason(reason), timezone.now(), 0
    others = conversations.exclude(owner=reader).order_by().values_list("pk", "owner", "owner__username")
    with transaction.atomic():
        rows = others.iterator(chunk_size=BATCH)
        while batch := [_record(reader, *row, reason, ReviewRecord.How.EXPORT, now) for row in islice(rows, BATCH)]:
            count += len(ReviewRecord.objects.bulk_create(batch))
    return count


def write_note(
    author: User, conversation: Conversation, text: str, *, message: Message | None = None, flag: bool = False
) -> ReviewNote:
    """Write beside a conversation, or beside one of its messages. A flag asks for attention until it is settled.

    Raises: `Refused` for a text that is empty or too long, or where what it is about is gone; `PermissionDenied`.
    """
    if not may_review(author):
        raise PermissionDenied
    written = {"author": author, "author_name": author.username, "text": _checked_note(text), "flag": flag}
    try:
        with transaction.atomic():
            return ReviewNote.objects.create(conversation=conversation, message=message, **written)
    except IntegrityError:
        raise Refused("not_found", "This conversation was deleted meanwhile.") from None


def settle(person: User, flag: ReviewNote) -> bool:
    """Say that a flag needs no more attention; ``False`` where somebody was quicker. Raises: `PermissionDenied`."""
    if not may_review(person):
        raise PermissionDenied
    waiting = ReviewNote.objects.open_flags().filter(pk=flag.pk)
    settled = {"settled_by": person, "settled_by_name": person.username, "settled_at": timezone.now()}
    return waiting.update(**settled) == 1


def checked_reason(reason: str) -> str:
    """A reason as it is kept, in one line. `Refused` where it is missing, too short, too long or says nothing."""
    reason = " ".join(_printable(reason).split())
    if not reason:
        raise Refused("empty", "Say why you read this conversation.")
    if len(reason) > REASON_MOST:
        raise Refused("too_long", f"This reason has {len(reason):,} characters; at most {REASON_MOST} are kept.")
    if len(reason) < REASON_LEAST or len({each for each in reason.casefold() if each.isalnum()}) < REASON_LEAST // 2:
        raise Refused("empty", "Say a little more: a ticket, a complaint, a question to be answered.")
    return reason


def _checked_note(text: str) -> str:
    text = _printable(text).strip()
    if not text:
        raise Refused("empty", "Write something first.")
    if len(text) > NOTE_MOST:
        raise Refused(
            "too_long", f"This note has {len(text):,} characters; at most {NOTE_MOST:,} are kept. Shorten it."
        )
    return text


def _printable(text: str) -> str:
    """Without control characters, which no database or page is glad of; line breaks and tabs stay."""
    text = text.replace("\r\n", "\n")
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))


def _record(
    reader: User, key: UUID, owner_id: int, owner_name: str, reason: str, how: str, at: datetime
) -> ReviewRecord:
    return ReviewRecord(
        reader=reader,
        reader_name=reader.username,
        owner_id=owner_id,
        owner_name=owner_name,
        conversation_id=key,
        reason=reason,
        how=how,
        at=at,
    )
