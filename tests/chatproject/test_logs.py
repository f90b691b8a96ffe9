"""What the log is spared, with the settings as they are."""

import logging

import pytest
from redis.exceptions import ConnectionError as NoConnection

layer = logging.getLogger("channels_redis.pubsub")


@pytest.mark.parametrize(("error", "traceback"), [(NoConnection("Error 111"), False), (ValueError("odd"), True)])
def test_a_redis_that_is_away_is_a_line_and_any_other_fault_a_traceback(caplog, error, traceback):
    try:
        raise error
    except Exception:
        layer.exception("Unexpected exception in %s", "receive task")
    assert "Unexpected exception in receive task" in caplog.text
    assert str(error) in caplog.text
    assert ("Traceback" in caplog.text) is traceback
