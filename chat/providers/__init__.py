"""Who answers: Claude, or the built-in simulator over the very same path where there is no API key."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from contextvars import Context
from typing import NamedTuple

from django.conf import settings

from chat.engine.provider import Provider


def is_simulated() -> bool:
    """Whether the built-in simulator answers."""
    return not (settings.ANTHROPIC_API_KEY or settings.ANTHROPIC_BASE_URL)


async def get_provider() -> Provider:
    """The provider of this process (to be exact: of this event loop), made on first use.

    It lasts until `aclose_provider`, or until its loop shuts down its generators. OSError where the simulator cannot
    listen.
    """
    loop = asyncio.get_running_loop()
    for dead in [each for each in _opened if each.is_closed()]:
        del _opened[dead]
    if loop not in _opened or _opened[loop].has_failed:
        context = _configured()
        _opened[loop] = _Opened(context, loop.create_task(context.__aenter__(), context=Context()))
    return await asyncio.shield(_opened[loop].entering)


async def aclose_provider() -> None:
    """Close it and all its connections, if there is one."""
    if opened := _opened.pop(asyncio.get_running_loop(), None):
        with suppress(OSError):
            await opened.entering
            await opened.context.__aexit__(None, None, None)


class _Opened(NamedTuple):
    context: AbstractAsyncContextManager[Provider]
    entering: "asyncio.Task[Provider]"

    @property
    def has_failed(self) -> bool:
        return self.entering.done() and (self.entering.cancelled() or self.entering.exception() is not None)


_opened: dict[asyncio.AbstractEventLoop, _Opened] = {}


@asynccontextmanager
async def _configured() -> AsyncGenerator[Provider]:
    # Imported late, because it takes a second and not every command needs them.
    from chat.providers.anthropic import AnthropicProvider

    async with AsyncExitStack() as stack:
        base_url, api_key = settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_API_KEY or "none"
        if is_simulated():
            from chat.simulator import Simulator

            simulator = await stack.enter_async_context(Simulator(speed=settings.CHAT_SIMULATOR_SPEED))
            base_url = simulator.url
        provider = AnthropicProvider(
            api_key=api_key,
            base_url=base_url,
            connect=settings.CHAT_CONNECT_SECONDS,
            idle=settings.CHAT_IDLE_SECONDS,
        )
        stack.push_async_callback(provider.aclose)
        yield provider
