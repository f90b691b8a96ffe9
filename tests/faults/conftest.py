"""A site of real processes, on a PostgreSQL that only these tests use, since they kill it."""

from contextlib import contextmanager

import pytest
import pytest_asyncio
from asgiref.sync import SyncToAsync
from django.core.management import call_command
from django.db import connection, connections

from tests.faults.site import Site
from tests.postgres import Postgres


@pytest.fixture(scope="session", autouse=True)
def cluster(django_db_setup, django_db_blocker):
    """A second PostgreSQL, with our tables."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is killed here: TEST_DATABASE=postgres make test ARGS=tests/faults")
    with Postgres() as postgres:
        with _on(postgres), django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
        yield postgres


@pytest.fixture(autouse=True)
def postgres(transactional_db, cluster):
    """The database of this test is in the cluster that may be killed."""
    with _on(cluster):
        yield cluster
        if cluster.process.poll() is not None:
            cluster.start()
        _disconnect()
        call_command("flush", interactive=False, verbosity=0)


@pytest_asyncio.fixture
async def site(upstream, redis, postgres):
    """A site; ``start`` what it is to consist of."""
    site = Site(upstream, redis, postgres)
    yield site
    await site.close()


@contextmanager
def _on(postgres):
    """Have this process connect to another PostgreSQL."""
    database = connection.settings_dict
    before = {name: database[name] for name in ("PORT", "NAME")}
    _disconnect()
    database.update(PORT=str(postgres.port), NAME="postgres")
    try:
        yield
    finally:
        _disconnect()
        database.update(before)


def _disconnect():
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    connection.close()
    connection.close_pool()
