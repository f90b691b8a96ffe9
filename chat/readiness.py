"""Whether what the site stands on answers; each problem is a sentence that says what to do.

Everybody may read these sentences, so what a driver says of hosts and users goes into the log only.
"""

import asyncio
import logging

from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PATIENCE = 5  # seconds that a check may take
# What the cache and the channel layer raise; the last is uvloop's, where a connection closes under their hands.
REDIS_AWAY = (RedisError, OSError, RuntimeError)


async def problems() -> dict[str, str]:
    """What is wrong with ``database``, ``migrations`` and ``channel_layer``, each an empty string where nothing is."""
    database, layer = await asyncio.gather(_database_problem(), _layer_problem())
    migrations = await sync_to_async(migrations_problem)() if not database else ""
    return {"database": database, "migrations": migrations, "channel_layer": layer}


async def _database_problem() -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await sync_to_async(_ask)()
    except (Error, TimeoutError) as error:
        logger.warning("The database does not answer: %s", " ".join(str(error).split()) or f"nothing in {PATIENCE} s")
        return "The database does not answer: check DATABASE_URL, and that its server runs."
    return ""


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def migrations_problem() -> str:
    """What to do where the database lacks migrations; an empty string where it has all."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "The database is older than the code: run manage.py migrate."
    return ""


async def _layer_problem() -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            for alias in settings.CHANNEL_LAYERS:
                # A group without members: a full round trip that leaves nothing behind.
                await channel_layers[alias].group_send("readiness", {"type": "readiness"})
    except Exception as error:
        # In the moment in which a connection breaks, the layer raises whatever its parts do.
        logger.warning("Redis does not answer: %s", str(error) or f"nothing in {PATIENCE} s")
        return (
            "Redis does not answer: check REDIS_URL, and that Redis runs. "
            "A single process does without: leave REDIS_URL and CHAT_RUNNER unset."
        )
    return ""
