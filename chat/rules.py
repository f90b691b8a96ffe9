"""What a message must be to be taken: its text, and how many a person may send."""

import unicodedata
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from chat.engine.errors import Refused
from chat.models import Message, User

_ALLOWED_CONTROLS = "\t\n\r"


def check_text(text: str) -> None:
    """`Refused` as ``empty``, ``too_long`` or ``bad_text``; the sentence says what to do."""
    if not text.strip():
        raise Refused("empty", "Write something first.")
    limit = settings.CHAT_MAX_MESSAGE_CHARS
    if len(text) > limit:
        raise Refused("too_long", f"This message has {len(text):,} characters; the limit is {limit:,}. Shorten it.")
    if not text.isprintable():
        for character in set(text):
            if unicodedata.category(character) in ("Cc", "Cs") and character not in _ALLOWED_CONTROLS:
                raise Refused(
                    "bad_text",
                    f"This message holds a character that cannot be sent (U+{ord(character):04X}). Remove it.",
                )


def check_pace(user: User) -> None:
    """`Refused` as ``too_many_turns`` or ``too_fast``, with seconds to wait in ``retry_after``."""
    if Message.objects.of(user).open().count() >= settings.CHAT_MAX_OPEN_TURNS:
        raise Refused(
            "too_many_turns",
            f"{settings.CHAT_MAX_OPEN_TURNS} answers are being written for you. Wait for one to end, or stop it.",
            retry_after=5,
        )
    now = timezone.now()
    recent = Message.objects.of(user).filter(role=Message.Role.ASSISTANT, created_at__gt=now - timedelta(minutes=1))
    most = settings.CHAT_MESSAGES_PER_MINUTE
    for first in recent.order_by("-created_at").values_list("created_at", flat=True)[most - 1 : most]:
        wait = 60 - (now - first).total_seconds()
        raise Refused(
            "too_fast",
            f"You have sent {most} messages in a minute. Go on in {wait:.0f} seconds.",
            retry_after=round(max(wait, 1), 1),
        )
