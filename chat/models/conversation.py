"""Conversations, each a tree of messages: an edit or a second answer is a branch, nothing is overwritten."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat

from chat.engine.events import Json
from chat.engine.usage import parts
from chat.models.catalogue import alias_of
from chat.models.money import UsdField
from chat.models.user import User

OPEN_STATES = ("queued", "streaming")
PROVISIONAL_TITLE = 60  # characters


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """The owner-scoped door to conversations."""

    def of(self, user: User) -> Self:
        """Those that ``user`` owns; whatever is somebody else's is as if missing."""
        return self.filter(owner=user)

    def that_called(self, model: str) -> Self:
        """Those in which a model, or a dated snapshot of it, was asked for an answer or gave one."""
        return self.filter(called_models__contains=_word(model))

    def note_answer(self, *, asked: str, answered: str, usage: Mapping[str, Any]) -> None:
        """Keep which models gave an answer; which was asked is known since the question was taken."""
        if others := answering(answered, usage) - {alias_of(asked)}:
            self.update(called_models=with_called(others))


class Conversation(models.Model):
    """One chat of one person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=100, help_text="Id of the model that new messages are sent to.")
    system_prompt = models.TextField(blank=True)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True, help_text="When it last took a message or an answer.")

    # What lists of very many are ordered and filtered by; figures that are shown come from the records.
    message_count = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="In all branches.")
    spent = UsdField(default=Decimal(0), db_default=0, editable=False, help_text="USD, of the calls with a price.")
    unpriced = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Calls that are over and have no price."
    )
    called_models = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Which were asked for its answers, and which gave them: ids, a space before and after each.",
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        indexes: ClassVar = [models.Index(fields=["owner", "archived", "-updated_at"])]
        permissions: ClassVar = [("review_conversations", "Can read the text of others' conversations")]

    def __str__(self) -> str:
        # Not its title, which is text: this stands in log entries, confirmations and wherever else Django names a row.
        return f"Conversation {str(self.pk)[:8]}"

    @property
    def heading(self) -> str:
        """The title, or what stands in its place; only for whoever may read the conversation."""
        return self.title or "New chat"


def answering(model: str, raw: Mapping[str, Any]) -> set[str]:
    """Which models gave an answer, by their aliases: whom the API named, and those of the runs of its usage object."""
    return {alias_of(name) for name in (model, *(part.model for part in parts(raw))) if name}


def called(names: Iterable[str]) -> str:
    """What ``called_models`` holds of these models: aliases, each once."""
    return "".join(sorted({_word(name) for name in names if name}))


def with_called(names: Iterable[str]) -> Concat | F:
    """What ``called_models`` holds when these are among them."""
    words = sorted({_word(name) for name in names if name})
    more = [Case(When(called_models__contains=word, then=Value("")), default=Value(word)) for word in words]
    return Concat(F("called_models"), *more) if more else F("called_models")


def _word(model: str) -> str:
    # What comes from outside might hold a space.
    return f" {'_'.join(alias_of(model).split())} "


class Literal(models.Value):
    """A word of ours that stands in the statement itself.

    SQLite takes an index over some rows only where it reads in the statement that no others are asked for.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return f"'{self.value}'", ()


class MessageQuerySet(models.QuerySet["Message"]):
    """The owner-scoped door to messages, and the words for their states."""

    def of(self, user: User) -> Self:
        """Those in conversations that ``user`` owns; whatever is somebody else's is as if missing."""
        return self.filter(conversation__owner=user)

    def open(self) -> Self:
        """Turns that are not over."""
        return self.filter(state__in=[Literal(state) for state in OPEN_STATES])

    def save_growing(self, runner: str, contents: Mapping[UUID, Sequence[Json]], heartbeat: datetime) -> None:
        """The content and heartbeat of those answers that this runner is writing; the others stay as they are.

        By hand, because ``bulk_update`` takes eight times as long to put together its statement.
        """
        content, key = Message.content.field.get_db_prep_save, Message.id.field.get_db_prep_save
        alive = connection.ops.adapt_datetimefield_value(heartbeat)
        with connection.cursor() as cursor:
            cursor.executemany(
                """UPDATE "chat_message" SET content = %s, heartbeat = %s
                WHERE id = %s AND state = 'streaming' AND runner = %s""",
                [(content(new, connection), alive, key(turn, connection), runner) for turn, new in contents.items()],
            )


class Message(models.Model):
    """A question or an answer. A turn is an assistant message that is being made; its id is the turn's id."""

    class Role(models.TextChoices):
        """Who speaks."""

        USER = "user"
        ASSISTANT = "assistant"

    class State(models.TextChoices):
        """``queued -> streaming -> complete | stopped | failed | interrupted``; questions are complete at once."""

        QUEUED = "queued"
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=10, choices=Role.choices)
    content = models.JSONField(default=list, help_text="Content blocks in the API's own shape.")
    text = models.TextField(blank=True, help_text="The readable text of the content, for search.")
    model = models.CharField(max_length=100, blank=True, help_text="The model an answer was asked of.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.COMPLETE)
    stop_reason = models.CharField(max_length=50, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_detail = models.TextField(blank=True)
    runner = models.CharField(max_length=200, blank=True, help_text="The process that makes or made the answer.")
    heartbeat = models.DateTimeField(null=True, blank=True)
    stop_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "created_at"]),
            models.Index(fields=["state", "conversation"], name="messages_by_state"),
            models.Index(fields=["heartbeat"], condition=Q(state__in=OPEN_STATES), name="open_turns_by_heartbeat"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state__in=OPEN_STATES), name="one_open_turn_per_conversation"
            )
        ]

    def __str__(self) -> str:
        # Not its text: see `Conversation`.
        return f"{self.get_role_display()} {str(self.pk)[:8]}"

    @property
    def is_open(self) -> bool:
        """Whether this is a turn that is not over."""
        return self.state in OPEN_STATES


def provisional_title(text: str) -> str:
    """The first words of a question, until the title is made."""
    words = " ".join(text.split())
    return words if len(words) <= PROVISIONAL_TITLE else words[: PROVISIONAL_TITLE - 1].rsplit(" ", 1)[0] + "…"
