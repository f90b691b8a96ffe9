"""The line between processes: small messages to one process, to all workers or to everybody, through Redis.

At most once, each sender's in their order. What must not be lost is in the database; whoever misses something asks.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
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

# What does not work now, so that an outage is two lines in the log and not a thousand.
_failing: set[str] = set()


def address_of(name: str) -> str:
    """The group on which the process of this name (`process.own_name`) hears what is meant for it alone."""
    return "process." + _NOT_IN_NAMES.sub("-", name)[-_LONGEST_NAME + len("process.") :]


async def send(layer: str, group: str, message: Message) -> bool:
    """Send to a group of a channel layer. False where the layer fails; the log tells when it begins to."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer(layer).group_send(group, message)
    except Exception as error:
        # Whatever a layer raises: the database holds the truth.
        _fails(f"Nothing can be told to others by the channel layer {layer!r}", error)
        return False
    _works(f"Nothing can be told to others by the channel layer {layer!r}")
    return True


class Line:
    """This process's end of the line. Register handlers, then ``run`` it as a task."""

    def __init__(self, name: str) -> None:
        self.address = address_of(name)
        self._groups = [self.address, EVERYBODY]
        self._handlers: dict[str, Callable[[Message], object]] = {}
        self._odd: set[str] = set()

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
        """Hear until cancelled; where the layer cannot be joined, try again. A process alone has nobody to hear."""
        while settings.REDIS_URL and not _to_end():
            try:
                await self._hear()
            except Exception as error:
                _fails("Nothing is heard of other processes", error)
                # Or else what was joined so far would go on to collect messages that nobody takes.
                with suppress(Exception):
                    await get_channel_layer(LAYER).flush()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self) -> None:
        layer = get_channel_layer(LAYER)
        channel = await layer.new_channel()
        for group in self._groups:
            await layer.group_add(group, channel)
        _works("Nothing is heard of other processes")
        while not _to_end():
            with suppress(ValueError):  # what is no message at all
                self._take(await layer.receive(channel))

    def _take(self, message: Message) -> None:
        try:
            handler = self._handlers.get(message["type"])
            if handler and message["from"] != self.address:
                handler(message)
        except Exception:
            # It must not make us deaf; and where there is one there are many.
            kind = str(message["type"] if isinstance(message, dict) and "type" in message else message)[:50]
            if kind not in self._odd:
                self._odd.add(kind)
                logger.exception(
                    "A message of kind %r from another process cannot be understood, nor those like it from now on. "
                    "Run the same version everywhere.",
                    kind,
                )


def _to_end() -> bool:
    """Whether this task was cancelled: where Redis comes and goes, the layer may swallow that while it connects."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _fails(what: str, error: Exception) -> None:
    if what not in _failing:
        _failing.add(what)
        logger.warning("%s (%r). Check REDIS_URL and /readyz; answers go on meanwhile.", what, error)


def _works(what: str) -> None:
    if what in _failing:
        _failing.discard(what)
        logger.warning("%s: that is over.", what)
