"""The simulator as a running server: start, stop, default behaviour, and the ledger of what it served."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web

from . import messages, records
from .caching import Cache
from .directive import build
from .faults import Attempts
from .ledger import Ledger
from .ticker import Ticker

MAX_BODY = 32 * 1024 * 1024
SPEED = 60.0


class Simulator:
    """A Messages API on a local port; use it as an async context manager or with `start` and `stop`.

    `speed` is in deltas a second (about one token each), 0 = as fast as possible.
    """

    def __init__(self, speed: float = SPEED) -> None:
        self.speed = speed
        self.ledger = Ledger()
        self.cache = Cache()
        self.attempts = Attempts()
        self.rules: list[tuple[str, dict[str, Any]]] = []
        self.stopping = False
        self._runner: web.AppRunner | None = None
        self._address = ("127.0.0.1", 0)

    @property
    def url(self) -> str:
        """Base URL for a client, such as `http://127.0.0.1:40123`."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def direct(self, keys: Mapping[str, Any], contains: str = "") -> None:
        """Apply a directive to every request whose last user message holds `contains`.

        Later calls and directives in the message go over earlier ones. `rules.clear()` forgets them.
        """
        build(keys)
        self.rules.append((contains, dict(keys)))

    def directed(self, text: str) -> dict[str, Any]:
        """The keys of all rules for this message."""
        found: dict[str, Any] = {}
        for contains, keys in self.rules:
            if contains in text:
                found |= keys
        return found

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. OSError when the port is taken."""
        app = web.Application(client_max_size=MAX_BODY)
        messages.add_routes(app, self)
        records.add_routes(app, self)
        # Without cancellation a client that leaves a silent stream would be noticed only at the next write.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self.stopping = False
        self.ticker = Ticker(asyncio.get_running_loop())
        self._runner, self._address = runner, runner.addresses[0][:2]

    async def stop(self) -> None:
        """Close the listener and all connections: from now on a connect is refused. May be started again."""
        if self._runner is not None:
            self.stopping = True
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
