"""Rare events to all tabs of one person, on whatever process they are: through the default channel layer.

At most once: a tab that missed one reads the conversation again when it reconnects.
"""

from typing import Any

from asgiref.sync import async_to_sync

from chat.live.line import send

LAYER = "default"


def group_of(user_id: int) -> str:
    """The channel-layer group of all tabs of one person."""
    return f"user.{user_id}"


async def announce(user_id: int, frame: dict[str, Any]) -> None:
    """Send a frame of ``docs/protocol.md`` to all tabs of a person. Without a channel layer it is lost, no more."""
    await send(LAYER, group_of(user_id), {"type": "news", "frame": frame})


async def announce_logout(user_id: int, session_key: str | None) -> None:
    """Have the sockets of a session closed."""
    await send(LAYER, group_of(user_id), {"type": "logged.out", "session": session_key})


announce_sync = async_to_sync(announce)
announce_logout_sync = async_to_sync(announce_logout)
