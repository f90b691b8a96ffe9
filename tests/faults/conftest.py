"""A site of real processes, on a PostgreSQL that only these tests use, since they kill it."""

from contextlib import contextmanager

import pytest
import pytest_asyncio
from asgiref.sync import SyncToAsync
from django.core.management import call_command
from django.db import connection, connections

from chat import budgets, conversations
from chat.models import Budget, Conversation, UsageRecord, User
from tests.faults.site import Site
from tests.postgres import Postgres


@pytest.fixture(scope="session", autouse=True)
def cluster(django_db_setup, django_db_blocker):
    """A second PostgreSQL, with our tables."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL is killed here: run them with TEST_DATABASE=postgres")
    with Postgres() as postgres:
        with _on(postgres), django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
        yield postgres


@pytest.fixture(autouse=True)
def postgres(transactional_db, cluster):
    """The database of this test is in the cluster that may be killed."""
    with _on(cluster):
        yield cluster
        _disconnect()  # what died with it
        # Not flushed, and as the service deletes: the processes go on, and take their locks in that order.
        for _ in conversations.delete_all(Conversation.objects.all()):
            pass
        User.objects.all().delete()
        UsageRecord.objects.all().delete()
        budgets.delete(Budget.objects.all())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def processes(cluster):
    """The processes of the site, made once."""
    site = Site(cluster)
    await site.open()
    yield site
    await site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(processes, postgres):
    """Two web processes and two workers, or more, with nothing to do yet."""
    processes.upstream.ledger.clear()
    await processes.have(webs=2, workers=2)
    yield processes
    await processes.rest()


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
