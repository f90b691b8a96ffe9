"""Who read whose conversation and why, and what reviewers wrote beside it. Written by `reviews` only."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from chat.models.conversation import Conversation, Message

OPEN_FLAG = Q(flag=True, settled_at=None)
"""Notes that ask for attention and that nobody has settled."""


class ReviewRecord(models.Model):
    """One reading of another's conversation. It outlives the conversation and both people: their names are kept.

    Of what was said it holds nothing, not even the title.
    """

    class How(models.TextChoices):
        """On its page in the administration, or as part of an export."""

        PAGE = "page"
        EXPORT = "export"

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False, related_name="readings"
    )
    reader_name = models.CharField("reader", max_length=150)
    # The database holds nothing against what was deleted while the record was on its way.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="read_by_others",
    )
    owner_name = models.CharField("owner", max_length=150)
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        null=True,  # so that a join keeps the record of one that is gone
        db_constraint=False,
        related_name="review_records",
        help_text="Its id stays when it is deleted.",
    )
    reason = models.TextField()
    how = models.CharField(max_length=6, choices=How.choices, default=How.PAGE)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        # Nobody adds, changes or deletes one.
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["-at"]),
            models.Index(fields=["reader", "-at"]),
            models.Index(fields=["owner", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.reader_name} read a conversation of {self.owner_name}"


class ReviewNoteQuerySet(models.QuerySet["ReviewNote"]):
    """The words for the states of notes."""

    def open_flags(self) -> Self:
        """Flags that nobody has settled. A conversation with one is flagged."""
        return self.filter(OPEN_FLAG)


class ReviewNote(models.Model):
    """What a reviewer wrote at a message, or at the conversation where there is none; for reviewers only.

    A ``flag`` asks for attention until somebody settles it: its text says why.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="review_notes")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="review_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=150)
    text = models.TextField()
    flag = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_by_name = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True)

    objects = ReviewNoteQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        # Who may read others' conversations may write beside them.
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["conversation"], condition=OPEN_FLAG, name="open_review_flags")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(flag=True) | Q(settled_at=None), name="only_flags_are_settled")
        ]

    def __str__(self) -> str:
        return f"{'Flag' if self.flag else 'Note'} of {self.author_name}"
