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

REQUEST_SECONDS = 5
"""How long requests that are being answered may take when all else is done."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Lifespan:
    """An ASGI application around another one that starts and closes the runner of the process."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._closes = False
        self._requests: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Start what must run, then hand the request on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        current_runner().start()
        if not self._closes:
            self._closes = True
            self._close_with_reactor()
        if scope["type"] == "http" and (request := asyncio.current_task()):
            self._requests.add(request)
            request.add_done_callback(self._requests.discard)
        await self._application(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._closes = True
        current_runner().start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _close(self) -> None:
        await current_runner().close(settings.CHAT_DRAIN_SECONDS)
        if self._requests:
            await asyncio.wait(self._requests, timeout=REQUEST_SECONDS)

    def _close_with_reactor(self) -> None:
        reactor = sys.modules.get("twisted.internet.reactor")
        if reactor is None:
            return
        from twisted.internet.defer import Deferred

        loop = asyncio.get_running_loop()
        reactor.addSystemEventTrigger(
            "before", "shutdown", lambda: Deferred.fromFuture(asyncio.ensure_future(self._close(), loop=loop))
        )
