"""What the log is spared."""

import logging

from redis.exceptions import RedisError


class RedisInALine(logging.Filter):
    """One line for a Redis that is away, where the channel layer would write a traceback every second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record; all of them pass."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, RedisError):
            record.msg, record.args = "%s: Redis does not answer (%s). See /readyz.", (record.getMessage(), error)
            record.exc_info = record.exc_text = None
        return True
