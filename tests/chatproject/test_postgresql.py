"""The pool of connections, on a PostgreSQL that is restarted."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from chatproject import env
from tests.postgres import Postgres

POOL = "of these tests"
AT_ONCE = 12


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def connections(postgres, monkeypatch, django_db_blocker):
    """Connections as the site has them, from a pool of their own."""
    monkeypatch.setenv("DATABASE_URL", postgres.url)
    connections = ConnectionHandler({"default": {}, POOL: env.database("DATABASE_URL", "")})
    with django_db_blocker.unblock():
        yield connections
        connections[POOL].close_pool()


@contextmanager
def borrowed(connections):
    """A connection while it is needed."""
    connection = connections[POOL]
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def is_answered(connections, together=None):
    """Whether a question to the database is answered; ``together`` with others."""
    with borrowed(connections) as cursor:
        if together:
            together.wait(10)
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def is_answered_at_last(connections):
    """As soon as there is an answer."""
    while True:
        with suppress(OperationalError):
            return is_answered(connections)


def seconds(question, *about):
    """How long a question takes, whatever comes of it."""
    began = time.monotonic()
    with suppress(OperationalError):
        question(*about)
    return time.monotonic() - began


def many_at_once(connections):
    """Fill the pool: so many questions, each on a connection of its own."""
    together = Barrier(AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert all(threads.map(lambda _: is_answered(connections, together), range(AT_ONCE)))


def test_the_first_question_after_a_restart_is_answered(connections, postgres):
    many_at_once(connections)
    postgres.kill()
    postgres.start()
    assert is_answered(connections)
    many_at_once(connections)


def test_an_outage_is_told_at_once_to_all_but_the_first_and_over_soon_after_its_end(connections, postgres):
    many_at_once(connections)
    postgres.kill()
    assert seconds(is_answered, connections) >= env.PATIENCE
    assert seconds(is_answered, connections) < 1
    time.sleep(3)  # where attempts are made at growing intervals, the next one is far off by now
    postgres.start()
    assert seconds(is_answered_at_last, connections) < 3
    assert connections[POOL].pool.timeout == env.PATIENCE


def test_who_finds_the_pool_empty_is_told_after_a_while(connections, monkeypatch):
    small = {"min_size": 1, "max_size": 1, "timeout": 0.2}
    monkeypatch.setitem(connections[POOL].settings_dict["OPTIONS"], "pool", small)
    with borrowed(connections), ThreadPoolExecutor(1) as thread:
        late = thread.submit(is_answered, connections).exception()
    assert isinstance(late, OperationalError)
    assert "couldn't get a connection" in str(late)
    assert is_answered(connections)
