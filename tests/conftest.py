"""What every test stands on: a clean environment, a database of its own, and no network but loopback.

The database is a SQLite file. With ``TEST_DATABASE=postgres`` it is in a PostgreSQL started for this run.
"""

import atexit
import os
import secrets
import socket

OURS = ("ANTHROPIC_", "CHAT_", "DATABASE_URL", "REDIS_URL", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
# Workers of pytest-xdist inherit what is made here, and read the settings before they come here.
if "PYTEST_XDIST_WORKER" not in os.environ:
    for variable in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[variable]
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe())
    os.environ["ENV_FILE"] = os.devnull
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
    if os.environ.get("TEST_DATABASE") == "postgres":
        from tests.postgres import Postgres

        postgres = Postgres().start()
        atexit.register(postgres.remove)
        os.environ["DATABASE_URL"] = postgres.url

import django  # noqa: E402
import pytest  # noqa: E402
import pytest_asyncio  # noqa: E402
from asgiref.sync import SyncToAsync, sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test import Client, TransactionTestCase  # noqa: E402
from whitenoise.middleware import WhiteNoiseMiddleware  # noqa: E402

django.setup()

from chat.models import User  # noqa: E402
from chat.simulator import Simulator  # noqa: E402
from tests.shipped import Shipped  # noqa: E402


class QuickHasher(PBKDF2PasswordHasher):
    """The real hasher with one round, so that a server started by a test can still check the password."""

    iterations = 1


def leave_database():
    """Close the connections of this thread and of the one in which asgiref runs what tests call from async code."""
    connections.close_all()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what depends on the database: ``make test`` runs it on PostgreSQL, too, unless any will do."""
    for item in items:
        if not item.get_closest_marker("any_database") and _needs_database(item):
            item.add_marker("database")


def _needs_database(item):
    return item.get_closest_marker("django_db") or "db" in item.fixturenames


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    settings.PASSWORD_HASHERS = ["tests.conftest.QuickHasher"]


@pytest.fixture(scope="session", autouse=True)
def known_static_files():
    """Look for static files once. For every client's first request they are looked for anew, which takes 40 ms."""
    find, known = WhiteNoiseMiddleware.add_files_from_finders, {}

    def remember(middleware):
        if not known:
            find(middleware)
            known.update(middleware.files)
        middleware.files.update(known)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", remember)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory, django_db_modify_db_settings_parallel_suffix):
    """Give each process of tests a database of its own: of SQLite a file, which threads can share."""
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The rows of a new database, which there are again after a test that commits.

    At the end nothing may be connected to it any more, or PostgreSQL would not let go of it.
    """
    with django_db_blocker.unblock():
        shipped = Shipped()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda _: shipped.restore())
        yield shipped
    leave_database()
    if connection.vendor == "postgresql":
        connection.close_pool()


@pytest.fixture
def nobody_connected(transactional_db):
    """The tests themselves hold no connection to the database."""
    leave_database()


@pytest.fixture(autouse=True)
def fresh_caches():
    for cache in caches.all():
        cache.clear()


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"A test tried to reach {address}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def alice(db):
    """Someone with an account; what is hers, Bob must not see."""
    return User.objects.create_user("alice", password="wonderland-7")


@pytest.fixture
def bob(db):
    """Someone else with an account."""
    return User.objects.create_user("bob", password="builder-of-8")


@pytest.fixture
def admin(db):
    """An administrator."""
    return User.objects.create_superuser("admin", password="keeper-of-9")


@pytest.fixture
def client_of():
    """A browser without scripts, logged in as whom you say."""

    def logged_in(user):
        client = Client()
        client.force_login(user)
        return client

    return logged_in


@pytest.fixture
def unused_port():
    """A port of this machine where nobody listens."""
    from tests.servers import free_port

    return free_port()


@pytest.fixture
def redis():
    """A Redis of this test's own."""
    from tests.servers import Redis

    redis = Redis().start()
    yield redis
    redis.kill()


@pytest_asyncio.fixture
async def upstream(settings):
    """The simulator, as fast as it can, in the place of the API; and a runner that is closed with the test."""
    from chat.live.runner import current_runner

    async with Simulator(speed=0) as simulator:
        settings.ANTHROPIC_BASE_URL = simulator.url
        settings.ANTHROPIC_API_KEY = "any"
        yield simulator
        await current_runner().close()


@pytest.fixture
def tab_of():
    """Open tabs of people: ``async with await tab_of(alice) as tab``."""

    async def tab(user, **fields):
        from tests.tabs import Tab, session_of

        return Tab(await sync_to_async(session_of)(user), **fields)

    return tab


@pytest_asyncio.fixture
async def remote_tab(server, alice):
    """Opens tabs of Alice on the ``server`` of the test's module, a process of its own."""
    from tests.tabs import RemoteTab, session_of

    session = await sync_to_async(session_of)(alice)
    return lambda: RemoteTab(server.url, session)
