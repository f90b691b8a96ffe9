"""The life of a server process: the runner starts with it and is closed before it ends.

uvicorn and hypercorn speak ASGI's lifespan protocol. daphne does not: there the runner starts with the first request
and is closed by a trigger of its reactor, which waits for it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from chat.live.runner import current_runner

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Lifespan:
    """An ASGI application around another one that starts and closes the runner of the process."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._closes = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Start what must run, then hand the request on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        current_runner().start()
        if not self._closes:
            self._closes = True
            _close_with_reactor()
        await self._application(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._closes = True
        current_runner().start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await _close()
        await send({"type": "lifespan.shutdown.complete"})


async def _close() -> None:
    await current_runner().close(settings.CHAT_DRAIN_SECONDS)


def _close_with_reactor() -> None:
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None:
        return
    from twisted.internet.defer import Deferred

    loop = asyncio.get_running_loop()
    reactor.addSystemEventTrigger(
        "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(_close(), loop=loop))
    )
