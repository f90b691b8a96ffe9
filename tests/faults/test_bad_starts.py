"""Processes that cannot work say so, and why."""

import asyncio
import subprocess

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest.fixture
def older_database(postgres):
    """The database lacks the newest of our migrations."""
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("chat")
    MigrationRecorder(connection).record_unapplied(*newest)
    yield
    MigrationRecorder(connection).record_applied(*newest)


async def test_a_worker_whose_database_is_older_than_its_code_says_what_to_do_and_ends(older_database, processes):
    assert "run manage.py migrate" in await _last_words(processes.new_worker())


async def test_a_worker_without_a_database_says_what_to_do_and_ends(postgres, processes):
    await asyncio.to_thread(postgres.kill)
    try:
        assert "check DATABASE_URL" in await _last_words(processes.new_worker())
    finally:
        await asyncio.to_thread(postgres.start)


async def _last_words(worker):
    """What a worker says that ends at its start."""
    worker.run("manage.py", "worker", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = await asyncio.to_thread(worker.process.communicate, timeout=30)
    finally:
        worker.kill()
    assert worker.process.returncode == 1
    assert out == b""
    return err.decode()
