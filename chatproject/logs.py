"""What the log is spared."""

import asyncio
import logging
from time import monotonic

from redis.exceptions import RedisError


class RedisAway(logging.Filter):
    """Drops what the channel layer tells of a Redis that is away: it is known by then, from ``chat.live.line``.

    channels_redis prints a stack trace a second, and one for each socket that ends meanwhile, for it cannot unsubscribe
    from what is gone; nor can it where a server cancels a socket that is just leaving. Anything else it may tell.
    """

    # What event loops raise where a connection closes under somebody's hands, or is being made anew by somebody else.
    LOOPS = ("closed", "another coroutine is already waiting")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is worth a line."""
        error = record.exc_info and record.exc_info[1]
        of_the_loop = isinstance(error, RuntimeError) and any(words in str(error) for words in self.LOOPS)
        return not (of_the_loop or isinstance(error, RedisError | OSError | asyncio.CancelledError))


class PostgresAway(logging.Filter):
    """Lets one line a minute say why PostgreSQL cannot be reached; its pool says so at every attempt.

    What comes of it is told by those who wanted a connection.
    """

    SILENT_SECONDS = 60
    CONSEQUENCES = ("reconnection attempt", "discarding closed connection")

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is worth a line."""
        line = str(record.msg)
        if not line.startswith("error connecting"):
            return not line.startswith(self.CONSEQUENCES)
        told = monotonic() < self._silent_until
        if not told:
            self._silent_until = monotonic() + self.SILENT_SECONDS
        return not told
