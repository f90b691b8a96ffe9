"""What the log is spared, and what not."""

import asyncio
import logging

import pytest
from redis.exceptions import ConnectionError as Refused

from chatproject.logs import PostgresAway

logger = logging.getLogger("channels_redis.pubsub")


def raised(error):
    """What the channel layer logs of an error."""
    try:
        raise error
    except BaseException:
        logger.exception("Unexpected exception in receive task")


@pytest.mark.parametrize(
    "error",
    [
        Refused("gone"),
        OSError("gone"),
        asyncio.CancelledError(),
        RuntimeError("the handler is closed"),
        RuntimeError("read() called while another coroutine is already waiting for incoming data"),
    ],
)
def test_an_outage_of_redis_is_told_elsewhere(caplog, error):
    raised(error)
    assert not caplog.records


def test_a_fault_of_the_channel_layer_is_told(caplog):
    raised(RuntimeError("odd"))
    assert "odd" in caplog.text


def pool_says(line):
    return logging.LogRecord("psycopg.pool", logging.WARNING, "pool.py", 1, line, ("pool-1", "why"), None)


def test_an_outage_of_postgresql_is_one_line_a_minute(monkeypatch):
    away = PostgresAway()
    lines = ["error connecting in %r: %s", "reconnection attempt in pool %r failed after %s sec"] * 3
    assert [away.filter(pool_says(line)) for line in lines] == [True, *[False] * 5]
    monkeypatch.setattr(away, "_silent_until", 0)
    assert away.filter(pool_says(lines[0]))


def test_a_fault_of_the_pool_is_told():
    assert PostgresAway().filter(pool_says("rolling back returned connection: %s"))
