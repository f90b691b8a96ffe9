"""The line between processes: small messages to one process, to all workers or to everybody, through Redis.

At most once, each sender's in their order. What must not be lost is in the database; whoever misses something asks.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

EVERYBODY, WORKERS = "everybody", "workers"
LAYER = "relay"
SEND_SECONDS = 2
AGAIN_SECONDS = 1
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_.-]")
_LONGEST_NAME = 90

Message = dict[str, Any]


def address_of(name: str) -> str:
    """The group on which the process of this name (`process.own_name`) hears what is meant for it alone."""
    return "process." + _NOT_IN_NAMES.sub("-", name)[-_LONGEST_NAME + len("process.") :]


async def send(layer: str, group: str, message: Message) -> bool:
    """Send to a group of a channel layer. False, and a line in the log, where the layer fails."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer(layer).group_send(group, message)
    except Exception as error:
        # Whatever a layer raises: the database holds the truth.
        logger.warning("Other processes were not told: the channel layer failed (%r). See /readyz.", error)
        return False
    return True


class Line:
    """This process's end of the line. Register handlers, then ``run`` it as a task."""

    def __init__(self, name: str) -> None:
        self.address = address_of(name)
        self._groups = [self.address, EVERYBODY]
        self._handlers: dict[str, Callable[[Message], object]] = {}

    def on(self, kind: str, handler: Callable[[Message], object]) -> None:
        """Call ``handler``, which must not wait, for each message of this kind."""
        self._handlers[kind] = handler

    def join(self, group: str) -> None:
        """Hear what is meant for this group, too. Before ``run``."""
        self._groups.append(group)

    async def send(self, to: str, kind: str, **fields: object) -> bool:
        """Send a message to an address or a group. False where it cannot be sent."""
        if not settings.REDIS_URL:
            return False
        return await send(LAYER, to, {"type": kind, "from": self.address, **fields})

    async def run(self) -> None:
        """Hear until cancelled; after a failure of the layer begin anew. A process alone has nobody to hear."""
        while settings.REDIS_URL:
            try:
                await self._hear()
            except Exception as error:
                logger.warning("Other processes are not heard: the channel layer failed (%r). See /readyz.", error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self) -> None:
        layer = get_channel_layer(LAYER)
        channel = await layer.new_channel()
        for group in self._groups:
            await layer.group_add(group, channel)
        while True:
            message = await layer.receive(channel)
            handler = self._handlers.get(message["type"])
            if handler and message["from"] != self.address:
                try:
                    handler(message)
                except Exception:
                    # One bad message, of another version perhaps, must not make us deaf.
                    logger.exception("A message of kind %s could not be taken.", message["type"])
