"""Turns: the only writer of messages. Each step is a compare-and-set, so that whoever comes second changes nothing.

    begin, begin_again -> claim -> save ... -> end            the life of a turn
    queued, keep_waiting                                      for those who claim: what nobody has claimed yet
    request_stop                                              a durable mark that the runner reads
    orphans                                                   turns whose runner is gone; `end` them as interrupted

Who begins a turn as its ``runner`` has claimed it by that. A turn's id is made from its owner and the
client's key, so the same key can never make a second turn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from chat import ledger, search
from chat.engine.ceiling import Size
from chat.engine.errors import Refused
from chat.engine.events import Outcome
from chat.engine.reply import plain_text
from chat.models import Conversation, LanguageModel, Message, User
from chat.models.conversation import provisional_title, with_called
from chat.rules import check_pace, check_text

_TURNS = UUID("5f0c7f5e-6f0e-4a53-9a3e-0d6f6f1f2b10")
LONGEST_REASON = 50


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that was taken: ``new`` is false where the same key had begun it before."""

    turn: UUID
    conversation: UUID
    owner: int
    question: UUID
    parent: UUID | None
    text: str
    model: str
    title: str
    untitled: bool = False
    regenerated: bool = False
    new: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A turn as far as it has come, of one that is not our own with the columns by which it was known ``as_seen``."""

    turn: UUID
    content: list[dict[str, Any]] = field(default_factory=list)
    call: ledger.Call | None = None
    as_seen: Mapping[str, Any] = field(default_factory=dict)


def begin(
    user: User,
    *,
    key: UUID,
    conversation: UUID | None,
    parent: UUID | None,
    text: str,
    model: str = "",
    runner: str = "",
    size: Size | None = None,
) -> Begun:
    """Take a question: the question and the answer's empty row are kept before any model is asked.

    Raises `Refused` with a code of ``docs/protocol.md``; `ledger.UncountedQuestion` where there has to be a ``size``.
    """
    check_text(text)
    turn = turn_id(user, key)

    def create() -> Message:
        chat = _conversation(user, conversation, text, model)
        question = _question(turn, chat, _parent(chat, parent), text)
        return _answer(turn, question, model or chat.model, runner)

    return _begin(user, turn, create, size)


def begin_again(
    user: User, *, key: UUID, message: UUID, model: str = "", runner: str = "", size: Size | None = None
) -> Begun:
    """Make an answer again, as a branch beside it. Raises what `begin` raises."""
    turn = turn_id(user, key)

    def create() -> Message:
        answers = Message.objects.of(user).select_related("conversation", "parent__conversation")
        answer = answers.filter(pk=message, role=Message.Role.ASSISTANT).first()
        if answer is None or answer.parent is None:
            raise Refused("not_found", "There is no such answer.")
        return _answer(turn, answer.parent, model or answer.conversation.model, runner)

    return _begin(user, turn, create, size)


def turn_id(user: User, key: UUID) -> UUID:
    """The id of the turn that a client's key makes for this user."""
    return uuid5(_TURNS, f"{user.pk}:{key}")


def claim(turn: UUID, runner: str) -> bool:
    """Take a queued turn to answer it; false where somebody else has, or it is over."""
    taken = {"state": Message.State.STREAMING, "runner": runner, "heartbeat": timezone.now()}
    return Message.objects.filter(pk=turn, state=Message.State.QUEUED).update(**taken) == 1


def queued(older_than: float) -> list[UUID]:
    """Turns that nobody has claimed for so many seconds, the oldest first: their doorbell was lost, or all are busy."""
    waiting = Message.objects.filter(state=Message.State.QUEUED).order_by("created_at")
    limit = timezone.now() - timedelta(seconds=older_than)
    return list(waiting.filter(created_at__lt=limit).values_list("pk", flat=True))


def keep_waiting(turns: Iterable[UUID]) -> None:
    """Heartbeat for queued turns: somebody lives who will claim them."""
    Message.objects.filter(pk__in=list(turns), state=Message.State.QUEUED).update(heartbeat=timezone.now())


@transaction.atomic
def save(runner: str, turns: Sequence[UUID], changed: Iterable[Snapshot]) -> set[UUID]:
    """Heartbeat for all turns of a runner, and the content of those that grew; returns those that must stop now.

    These are the turns with a stop mark, and those that are no longer ours (deleted, or reaped). The plain text, which
    is for search, is written once, by `end`.
    """
    ours = Message.objects.filter(state=Message.State.STREAMING, runner=runner, pk__in=turns)
    grown = {snapshot.turn: snapshot for snapshot in changed}
    now = timezone.now()
    # Messages first and then records, as `end` does, or the two would lock each other out. Each row once: of one that
    # is written twice PostgreSQL locks what it refers to.
    Message.objects.save_growing(runner, {turn: snapshot.content for turn, snapshot in grown.items()}, now)
    ours.exclude(pk__in=list(grown)).update(heartbeat=now)
    for snapshot in grown.values():
        if snapshot.call:
            ledger.note_start(snapshot.call)
    kept = dict(ours.values_list("pk", "stop_requested"))
    return {turn for turn in turns if kept.get(turn, True)}


@transaction.atomic
def end(
    snapshot: Snapshot, outcome: Outcome, *, stop_reason: str = "", error_code: str = "", error_detail: str = ""
) -> bool:
    """End a turn: content, state and usage record in one transaction. False where it was over or is not ``as_seen``."""
    # First, as whoever deletes it does: in the other order the two would lock each other out.
    Conversation.objects.filter(messages=snapshot.turn).update(updated_at=timezone.now())
    still_open = Message.objects.open().filter(pk=snapshot.turn, **snapshot.as_seen)
    ended = still_open.update(
        content=snapshot.content,
        text=plain_text(snapshot.content),
        state=outcome.value,
        stop_reason=stop_reason[:LONGEST_REASON],
        error_code=error_code,
        error_detail=error_detail,
        ended_at=timezone.now(),
    )
    if snapshot.as_seen and not ended:
        return False
    search.index([snapshot.turn] if ended else [])
    if snapshot.call:
        ledger.close_call(snapshot.call, outcome.value)
    else:
        ledger.close_unasked(snapshot.turn, outcome.value)
    return ended == 1


@transaction.atomic
def request_stop(user: User, turn: UUID) -> Message:
    """Mark a turn to be stopped; one that nobody has claimed is over at once. Returns what it is then, for its runner.

    Raises `Refused` where there is nothing to stop.
    """
    if not Message.objects.of(user).filter(pk=turn, role=Message.Role.ASSISTANT).exists():
        raise Refused("not_found", "There is no such answer.")
    # By its key alone: PostgreSQL does not look at a joined condition again once it has waited for a row.
    message = Message.objects.filter(pk=turn)
    if message.filter(state=Message.State.QUEUED).update(state=Message.State.STOPPED, ended_at=timezone.now()):
        ledger.close_unasked(turn, Outcome.STOPPED.value)
    elif not message.open().update(stop_requested=True):
        raise Refused("ended", "This answer is already over.")
    return message.select_related("conversation").defer("content", "text").get()


def orphans(is_gone: Callable[[str], bool]) -> list[Message]:
    """Open turns whose runner is gone: by its name, or because it gave no sign for ``CHAT_REAP_SECONDS``.

    A sign from the future is none either: a clock was put back.
    """
    now, patience = timezone.now(), timedelta(seconds=settings.CHAT_REAP_SECONDS)
    signs = Message.objects.open().values_list("pk", "runner", "heartbeat")
    gone = [turn for turn, runner, sign in signs if (sign and abs(now - sign) > patience) or is_gone(runner)]
    return list(Message.objects.open().filter(pk__in=gone).select_related("conversation"))


def _begin(user: User, turn: UUID, create: Callable[[], Message], size: Size | None) -> Begun:
    try:
        with transaction.atomic():
            # Of two tabs that send the same key at once, the second waits here and then sees the first. Whoever ends an
            # answer meanwhile, and refers to the person in what is written, does not wait.
            if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first():
                raise Refused("not_found", "This account is closed.")
            if begun := begun_of(turn):
                return begun
            check_pace(user)
            answer = create()
            ledger.open_ahead(answer, user.pk, size)
    except IntegrityError:
        raise Refused("busy", "Claude is still answering in this chat. Stop it, or wait for its end.") from None
    return _begun(answer, new=True)


def begun_of(turn: UUID) -> Begun | None:
    """What was begun with a turn; ``None`` where there is no such turn (any more)."""
    answers = Message.objects.filter(pk=turn, parent__isnull=False).select_related("conversation", "parent")
    return next((_begun(answer, new=False) for answer in answers.order_by()), None)


def _begun(answer: Message, *, new: bool) -> Begun:
    question = answer.parent
    assert question is not None
    return Begun(
        turn=answer.pk,
        conversation=answer.conversation_id,
        owner=answer.conversation.owner_id,
        question=question.pk,
        parent=question.parent_id,
        text=question.text,
        model=answer.model,
        title=answer.conversation.title,
        untitled=answer.conversation.title == provisional_title(question.text),
        regenerated=question.pk != uuid5(answer.pk, "question"),
        new=new,
    )


def _conversation(user: User, key: UUID | None, text: str, model: str) -> Conversation:
    if key is None:
        created = Conversation.objects.create(
            owner=user,
            title=provisional_title(text),
            model=model or settings.CHAT_DEFAULT_MODEL,
            system_prompt=settings.CHAT_SYSTEM_PROMPT,
        )
        search.add(created, created.title)
        return created
    conversation = Conversation.objects.of(user).filter(pk=key).first()
    if conversation is None:
        raise Refused("not_found", "This chat does not exist (any more).")
    return conversation


def _parent(conversation: Conversation, key: UUID | None) -> Message | None:
    if key is None:
        return None
    parent = Message.objects.filter(pk=key, conversation=conversation, role=Message.Role.ASSISTANT).first()
    if parent is None:
        raise Refused("bad_parent", "The message this one follows is not an answer in this chat. Reload the page.")
    return parent


def _question(turn: UUID, conversation: Conversation, answered: Message | None, text: str) -> Message:
    question = Message.objects.create(
        id=uuid5(turn, "question"),
        conversation=conversation,
        parent=answered,
        role=Message.Role.USER,
        content=[{"type": "text", "text": text}],
        text=text,
    )
    search.add(conversation, text, question)
    return question


def _answer(turn: UUID, question: Message, model: str, runner: str) -> Message:
    if not LanguageModel.objects.filter(pk=model, enabled=True).exists():
        raise Refused("unknown_model", f"The model {model[:100]} is not available. Choose another one.")
    answer = Message.objects.create(
        id=turn,
        conversation=question.conversation,
        parent=question,
        role=Message.Role.ASSISTANT,
        model=model,
        state=Message.State.STREAMING if runner else Message.State.QUEUED,
        runner=runner,
        heartbeat=timezone.now(),
    )
    more = F("message_count") + (2 if question.pk == uuid5(turn, "question") else 1)
    touched = {"updated_at": timezone.now(), "model": model, "archived": False, "called_models": with_called([model])}
    if not Conversation.objects.filter(pk=question.conversation_id).update(**touched, message_count=more):
        raise Refused("not_found", "This chat does not exist (any more).")
    return answer
