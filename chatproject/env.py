"""Typed readers of environment variables, each error naming the variable and what it should have been."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
PATIENCE = 5  # seconds to wait for a connection: a restart of PostgreSQL is waited for, a longer outage is told
# A server that vanishes without a word, as in a failover, would otherwise hold each thread that waits for it for hours.
LIVENESS = {"keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 45_000}
# Who tries to reconnect does so at growing intervals. No longer than this, so that they stay short; who asks for a
# connection begins anew.
POOL = {"min_size": 1, "max_size": 20, "timeout": PATIENCE, "reconnect_timeout": PATIENCE}


def load(path: Path) -> None:
    """Read ``NAME=value`` lines of a file into the environment; what is set already wins."""
    if not path.is_file():
        return
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    for number, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path}, line {number}: expected NAME=value.")
        os.environ.setdefault(name.strip(), _unquoted(value.strip()))


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """A yes or no."""
    value = text(name, str(default)).lower()
    if value in TRUE or value in FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name}={value!r}: expected 1 or 0 (or true, false, yes, no, on, off).")


def number(name: str, default: float, *, least: float = 0) -> float:
    """A finite number of at least ``least``; the default where the variable is missing or empty."""
    value = text(name)
    try:
        found = float(value) if value else float(default)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a number.") from None
    if not least <= found < float("inf"):
        raise ImproperlyConfigured(f"{name}={value!r}: expected a number of at least {least:g}.")
    return found


def optional_number(name: str, default: float, *, least: float = 0) -> float | None:
    """As ``number``, but set and empty means None."""
    if name in os.environ and not text(name):
        return None
    return number(name, default, least=least)


def whole(name: str, default: int, *, least: int = 1) -> int:
    """A whole number of at least ``least``; the default where the variable is missing or empty."""
    found = number(name, default, least=least)
    if found != int(found):
        raise ImproperlyConfigured(f"{name}={text(name)!r}: expected a whole number.")
    return int(found)


def optional_whole(name: str, *, least: int = 1) -> int | None:
    """As ``whole``, but missing or empty means None."""
    return whole(name, least, least=least) if text(name) else None


def choice(name: str, choices: Sequence[str], default: str) -> str:
    """One of ``choices``."""
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(filter(None, choices))}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def origins(name: str) -> list[str]:
    """A list of origins, each with its scheme: ``https://chat.example.org``."""
    found = words(name)
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise ImproperlyConfigured(f"{name}: {origin!r} is not an origin such as https://chat.example.org.")
    return found


def url(name: str, schemes: Sequence[str]) -> str:
    """A URL with one of ``schemes`` and a host, or the empty string."""
    value = text(name)
    try:
        parts = urlsplit(value)
        fits = parts.scheme in schemes and (parts.hostname or parts.scheme == "unix") and parts.port != 0
    except ValueError:
        fits = False
    if value and not fits:
        # The value may hold a password, so it is not repeated.
        raise ImproperlyConfigured(f"{name} is malformed: expected {schemes[0]}://host:port/...")
    return value


def database(name: str, default: str) -> dict[str, object]:
    """Django's settings for a database URL: ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgres://``."""
    value = text(name) or default
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise _malformed_database(name) from None
    path = unquote(parts.path.removeprefix("/"))
    if parts.scheme == "sqlite" and not parts.netloc and path:
        return _sqlite(path)
    if parts.scheme in {"postgres", "postgresql"} and path:
        return {
            "ENGINE": "chatproject.postgresql",
            "NAME": path,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(port or ""),
            # Persistent connections leak under ASGI; a pool does not, and is faster.
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"pool": POOL, "connect_timeout": PATIENCE, **LIVENESS, **dict(parse_qsl(parts.query))},
        }
    raise _malformed_database(name)


def _malformed_database(name: str) -> ImproperlyConfigured:
    # The value may hold a password, so it is not repeated.
    return ImproperlyConfigured(
        f"{name} is malformed: expected sqlite:///path/to/file.sqlite3 or postgres://user:password@host:5432/name."
    )


def _sqlite(path: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": 20,
            # A transaction that begins as a reader and then writes fails at once when another has written meanwhile.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
