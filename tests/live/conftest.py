"""Processes that talk to each other through a real Redis, for the tests of the relay."""

import pytest
import pytest_asyncio

from tests.live.processes import Processes, Wire


@pytest.fixture
def between(redis, settings):
    """Redis between the processes of the test, as in production."""
    layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis.url]}}
    settings.REDIS_URL = redis.url
    settings.CHANNEL_LAYERS = {"default": layer, "relay": layer}
    return redis


@pytest.fixture
def wire(monkeypatch):
    """The line between processes, where things can be lost."""
    return Wire(monkeypatch)


@pytest_asyncio.fixture
async def processes(between, upstream, monkeypatch):
    """Makes processes; those that are left at the end are closed."""
    processes = Processes(monkeypatch)
    yield processes
    await processes.close()
