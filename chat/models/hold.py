"""Conversations that must be kept, whatever their owner or the time would do to them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import ProtectedError, Q

from chat.models.conversation import Conversation


def keep_held(collector: Any, field: Any, holds: Any, using: str) -> None:
    """What is to be done with holds whose conversation is deleted: they stay, and while one holds so does it."""
    standing = {hold for hold in holds if hold.released_at is None}
    if standing:
        raise ProtectedError("A conversation on legal hold cannot be deleted.", standing)


class LegalHold(models.Model):
    """That a conversation must be kept, from when on, by whom and why; and who ended that. Written by `holds` only.

    It outlives the conversation and both people: their names are kept.
    """

    conversation = models.ForeignKey(Conversation, on_delete=keep_held, db_constraint=False, related_name="legal_holds")
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    set_by_name = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    released_by_name = models.CharField(max_length=150, blank=True)
    released_at = models.DateTimeField(null=True)
    release_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-set_at", "-pk"]
        default_permissions = ()
        permissions: ClassVar = [("hold_conversations", "Can set and release legal holds")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(released_at=None), name="one_standing_hold_per_conversation"
            )
        ]

    def __str__(self) -> str:
        return f"Legal hold of {self.set_by_name}"
