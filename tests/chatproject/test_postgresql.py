"""The pool of connections, on a PostgreSQL that is restarted."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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


def seconds_to_an_answer(connections):
    """How long a question takes."""
    began = time.monotonic()
    assert is_answered(connections)
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
    assert seconds_to_an_answer(connections) < 2
    many_at_once(connections)


def test_questions_are_answered_soon_after_an_outage_that_was_longer_than_their_patience(connections, postgres):
    many_at_once(connections)
    postgres.kill()
    with pytest.raises(OperationalError):
        is_answered(connections)
    time.sleep(3.5)
    postgres.start()
    assert seconds_to_an_answer(connections) < 3


def test_who_finds_the_pool_empty_is_told_after_a_while(connections, monkeypatch):
    small = {"min_size": 1, "max_size": 1, "timeout": 0.2}
    monkeypatch.setitem(connections[POOL].settings_dict["OPTIONS"], "pool", small)
    with borrowed(connections), ThreadPoolExecutor(1) as thread:
        late = thread.submit(is_answered, connections).exception()
    assert isinstance(late, OperationalError)
    assert "couldn't get a connection" in str(late)
    assert is_answered(connections)
