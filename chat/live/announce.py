"""Rare events to all tabs of one person, on whatever process they are: through the default channel layer.

At most once: a tab that missed one reads the conversation again when it reconnects.
"""

import logging
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django import db
from django.utils import timezone

from chat.live.line import send
from chat.live.threads import in_thread
from chat.spending import frame_of
from chat.turns import Begun

logger = logging.getLogger(__name__)

LAYER = "default"


def group_of(user_id: int) -> str:
    """The channel-layer group of all tabs of one person."""
    return f"user.{user_id}"


async def announce(user_id: int, *frames: dict[str, Any]) -> None:
    """Send frames of ``docs/protocol.md`` to all tabs of a person. Without a channel layer they are lost, no more."""
    if frames:
        await send(LAYER, group_of(user_id), {"type": "news", "frames": list(frames)})


async def announce_start(begun: Begun) -> None:
    """Tell of a turn that was taken: whoever watches its conversation, and the lists of conversations."""
    turn = {
        "conversation": str(begun.conversation),
        "turn": str(begun.turn),
        "message": str(begun.question),
        "parent": begun.parent and str(begun.parent),
        "text": begun.text,
        "model": begun.model,
        "regenerated": begun.regenerated,
    }
    news = _news_of(begun.conversation, running=True, title=begun.title, archived=False)
    await announce(begun.owner, {"type": "turn", **turn}, news)


async def announce_end(user_id: int, conversation: UUID, *, settled: bool = True) -> None:
    """Tell the lists of conversations that no answer is being made in this one any more.

    With what the person has spent by now, unless there is a call to come that will tell of it.
    """
    spent = await _spending(user_id, conversation) if settled else []
    await announce(user_id, _news_of(conversation, running=False), *spent)


async def announce_title(user_id: int, conversation: UUID, title: str | None) -> None:
    """Tell of the title that was made, if there is one, and what the person has spent by now."""
    named = [{"type": "conversation", "conversation": str(conversation), "title": title}] if title else []
    await announce(user_id, *named, *await _spending(user_id, conversation))


async def announce_logout(user_id: int, session_key: str | None) -> None:
    """Have the sockets of a session closed."""
    await send(LAYER, group_of(user_id), {"type": "logged.out", "session": session_key})


announce_sync = async_to_sync(announce)
announce_logout_sync = async_to_sync(announce_logout)


async def _spending(user_id: int, conversation: UUID) -> list[dict[str, Any]]:
    """One frame at most. Where what was spent cannot be read nobody is told of it: the next call tells more."""
    try:
        frame = await in_thread(frame_of)(user_id, conversation)
    except db.Error as error:
        logger.warning("What was spent cannot be read, and nobody is told of it (%s).", error)
        return []
    return [frame] if frame else []


def _news_of(conversation: UUID, **fields: Any) -> dict[str, Any]:
    updated = timezone.now().isoformat(timespec="seconds")
    return {"type": "conversation", "conversation": str(conversation), **fields, "updated": updated}
