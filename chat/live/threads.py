"""Database work off the event loop: on a few threads of this process.

A new SQLite connection costs milliseconds (Django registers some fifty functions with each), and an answer needs a
dozen looks into the database; so here, and only here, connections outlive the call. One that failed is closed, and one
of PostgreSQL's goes back to its pool, which costs next to nothing and gives none that a restart has cut.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

logger = logging.getLogger(__name__)

THREADS = 8
AGAIN_SECONDS = 1
LEAVE_SECONDS = 5

P = ParamSpec("P")
T = TypeVar("T")

_pools: list[ThreadPoolExecutor] = []


def in_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """``function`` as a function to be awaited, run in one of the threads. A cancelled one runs to its end there."""

    def run(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        if not _pools:
            _pools.append(ThreadPoolExecutor(THREADS, "database"))
        return asyncio.get_running_loop().run_in_executor(_pools[0], partial(_connected, function, *args, **kwargs))

    return run


async def until_done(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of ``function``, run in a thread; while the database is away it is tried again every second."""
    while True:
        try:
            return await in_thread(function)(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database cannot be reached; %s is tried again (%s).", function.__name__, error)
        await asyncio.sleep(AGAIN_SECONDS)


def close_threads() -> None:
    """End the threads, each after closing its connections. The next `in_thread` makes new ones."""
    while _pools:
        pool = _pools.pop()
        together = Barrier(THREADS)
        for left in [pool.submit(_leave, together) for _ in range(THREADS)]:
            left.exception()
        pool.shutdown()


def _connected(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (InterfaceError, OperationalError):
        connections.close_all()
        raise
    finally:
        if connection.vendor == "postgresql":
            connection.close()


def _leave(together: Barrier) -> None:
    connections.close_all()
    # So that each thread takes exactly one of these calls.
    together.wait(LEAVE_SECONDS)
