"""Database work off the event loop: on the loop's pool of threads, so that no turn queues behind one global thread."""

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """``function`` as a coroutine function that runs in a thread and leaves no stale connection behind."""
    return database_sync_to_async(function, thread_sensitive=False)
