"""Rare events to all tabs of one person, on whatever process they are: through the default channel layer.

At most once: a tab that missed one reads the conversation again when it reconnects.
"""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2


def group_of(user_id: int) -> str:
    """The channel-layer group of all tabs of one person."""
    return f"user.{user_id}"


async def announce(user_id: int, frame: dict[str, Any]) -> None:
    """Send a frame of ``docs/protocol.md`` to all tabs of a person. Without a channel layer it is lost, no more."""
    await _send(user_id, {"type": "news", "frame": frame})


async def announce_logout(user_id: int, session_key: str | None) -> None:
    """Have the sockets of a session closed."""
    await _send(user_id, {"type": "logged.out", "session": session_key})


announce_sync = async_to_sync(announce)
announce_logout_sync = async_to_sync(announce_logout)


async def _send(user_id: int, message: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await get_channel_layer().group_send(group_of(user_id), message)
    except Exception as error:
        # Whatever a layer raises: the database holds the truth.
        logger.warning(
            "Other tabs were not told: the channel layer failed (%s). See /readyz.", str(error) or repr(error)
        )
