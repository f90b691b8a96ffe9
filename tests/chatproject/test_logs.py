"""What the log is spared, and what not."""

import asyncio
import logging

import pytest
from redis.exceptions import ConnectionError as Refused

logger = logging.getLogger("channels_redis.pubsub")


def raised(error):
    """What the channel layer logs of an error."""
    try:
        raise error
    except BaseException:
        logger.exception("Unexpected exception in receive task")


@pytest.mark.parametrize(
    "error", [Refused("gone"), OSError("gone"), asyncio.CancelledError(), RuntimeError("the handler is closed")]
)
def test_an_outage_of_redis_is_told_elsewhere(caplog, error):
    raised(error)
    assert not caplog.records


def test_a_fault_of_the_channel_layer_is_told(caplog):
    raised(RuntimeError("odd"))
    assert "odd" in caplog.text
