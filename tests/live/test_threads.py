"""Database work off the event loop, and the connections it leaves behind."""

import asyncio

import pytest
import pytest_asyncio
from django.db import connection, transaction

from chat.live.threads import THREADS, close_threads, in_thread
from chat.models import User

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has connections to count")

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest_asyncio.fixture(autouse=True)
async def threads():
    """They end with the test."""
    yield
    await asyncio.to_thread(close_threads)


def cut_all_connections():
    """What a restart of PostgreSQL looks like from here, except for the connection that does this."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")


def lent():
    """How many connections there are in the hands of somebody."""
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


async def ask_at_once():
    return await asyncio.gather(*(in_thread(User.objects.count)() for _ in range(THREADS * 2)))


@on_postgresql
async def test_no_connection_is_kept_between_calls(alice, nobody_connected):
    assert await ask_at_once() == [1] * THREADS * 2
    assert await asyncio.to_thread(lent) == 0


@on_postgresql
async def test_after_a_restart_of_the_database_no_call_fails(alice, nobody_connected):
    await ask_at_once()
    await in_thread(cut_all_connections)()
    assert await ask_at_once() == [1] * THREADS * 2


async def test_a_call_that_waits_for_the_database_delays_no_other(alice):
    """The first waits for a lock; neither the event loop nor another call waits for it."""
    locked, done = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def lock():
        with transaction.atomic():
            User.objects.filter(pk=alice.pk).update(first_name="Alice")
            loop.call_soon_threadsafe(locked.set)
            asyncio.run_coroutine_threadsafe(done.wait(), loop).result()

    def change():
        User.objects.filter(pk=alice.pk).update(last_name="Liddell")

    first = asyncio.ensure_future(in_thread(lock)())
    await locked.wait()
    second = asyncio.ensure_future(in_thread(change)())
    async with asyncio.timeout(5):
        assert await in_thread(User.objects.count)() == 1
    assert not second.done()
    done.set()
    await asyncio.gather(first, second)
