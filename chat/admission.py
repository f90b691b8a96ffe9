"""Who may have a websocket, and how much may come through it."""

from collections import Counter, deque
from importlib import import_module
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from chat.models import User

FLOOD_FRAMES = 200
FLOOD_SECONDS = 10

sockets: Counter[int] = Counter()
"""Open sockets of this process by user."""


def origin_allowed(scope: dict[str, Any]) -> bool:
    """Whether the page that opens the socket is ours: same host as the request's, or a trusted origin.

    A browser always sends ``Origin`` with a websocket; whoever sends none is no page of ours.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    same_host = bool(host) and origin in (f"http://{host}", f"https://{host}")
    return same_host and validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def user_of(session_key: str | None) -> User | None:
    """Who is logged in with a session now, read afresh; ``None`` after a logout, a new password or a deactivation."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) else None


class Flood:
    """Counts the frames of a socket."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=FLOOD_FRAMES)

    def rises(self) -> bool:
        """Count one more frame; true where there were too many in too short a time."""
        now = monotonic()
        full = len(self._times) == FLOOD_FRAMES and now - self._times[0] < FLOOD_SECONDS
        self._times.append(now)
        return full
