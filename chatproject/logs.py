"""What the log is spared."""

import asyncio
import logging

from redis.exceptions import RedisError


class RedisAway(logging.Filter):
    """Drops what the channel layer tells of a Redis that is away: it is known by then, from ``chat.live.line``.

    channels_redis prints a stack trace a second, and one for each socket that ends meanwhile, for it cannot unsubscribe
    from what is gone; nor can it where a server cancels a socket that is just leaving. Anything else it may tell.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is worth a line."""
        error = record.exc_info and record.exc_info[1]
        closed_under_uvloop = isinstance(error, RuntimeError) and "closed" in str(error)
        return not (closed_under_uvloop or isinstance(error, RedisError | OSError | asyncio.CancelledError))
