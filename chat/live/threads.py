"""Database work off the event loop: on the loop's pool of threads, so that no turn queues behind one global thread."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 1

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """``function`` as a coroutine function that runs in a thread and leaves no stale connection behind."""
    return database_sync_to_async(function, thread_sensitive=False)


async def until_done(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of ``function``, run in a thread; while the database is away it is tried again every second."""
    while True:
        try:
            return await in_thread(function)(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database cannot be reached; %s is tried again (%s).", function.__name__, error)
        await asyncio.sleep(AGAIN_SECONDS)
