"""What load balancers ask."""

import pytest
from channels.layers import channel_layers
from django.db import OperationalError

from chat import readiness

REDIS_AWAY = (
    "Redis does not answer: check REDIS_URL, and that Redis runs. "
    "A single process does without: leave REDIS_URL and CHAT_RUNNER unset."
)

pytestmark = pytest.mark.django_db(transaction=True)


async def ready(async_client):
    response = await async_client.get("/readyz")
    return response.status_code, response.json()["checks"]


async def test_it_lives(async_client):
    response = await async_client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")


async def test_it_is_ready(async_client):
    assert await ready(async_client) == (
        200,
        {"server": "ok", "database": "ok", "migrations": "ok", "channel_layer": "ok"},
    )


async def test_it_says_what_to_do_when_the_database_is_away(async_client, monkeypatch, caplog):
    def away():
        raise OperationalError("db.internal: connection refused\n\tIs the server running?")

    monkeypatch.setattr(readiness, "_ask", away)
    status, checks = await ready(async_client)
    assert status == 503
    assert checks["database"] == "The database does not answer: check DATABASE_URL, and that its server runs."
    assert "db.internal: connection refused Is the server running?" in caplog.text


async def test_it_says_what_to_do_when_the_database_is_not_migrated(async_client, monkeypatch):
    monkeypatch.setattr(readiness.MigrationExecutor, "migration_plan", lambda *_: ["0002"])
    status, checks = await ready(async_client)
    assert status == 503
    assert checks["migrations"] == "The database is older than the code: run manage.py migrate."


async def test_it_says_what_to_do_when_redis_is_away(async_client, settings, unused_port):
    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [f"redis://127.0.0.1:{unused_port}"]},
    }
    settings.CHANNEL_LAYERS = {"default": layer, "relay": layer}
    status, checks = await ready(async_client)
    assert status == 503
    assert checks["channel_layer"] == REDIS_AWAY


async def test_it_leaves_nothing_behind(async_client):
    await ready(async_client)
    assert not channel_layers["default"].channels
