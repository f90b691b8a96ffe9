"""How often someone may get a password wrong: five times in a quarter of an hour, by name and address."""

import logging
from contextlib import suppress
from hashlib import sha256

from django.core.cache import BaseCache, caches

from chat.readiness import REDIS_AWAY

logger = logging.getLogger(__name__)

LIMIT = 5
WINDOW = 15 * 60  # seconds


def take(username: str, address: str) -> bool:
    """Count one attempt, and say whether it may be made; asked before the password is looked at.

    The count lives in the cache: with ``REDIS_URL`` all processes share it, without (or while Redis is away) each has
    its own. Behind a proxy every address is the proxy's unless the server is told to read its headers (``daphne
    --proxy-headers``); the limit then holds for the name alone, so that a stranger can keep someone from logging in.
    """
    key = _key(username, address)
    try:
        return _count(caches["default"], key) <= LIMIT
    except REDIS_AWAY as error:
        logger.warning("Logins are counted by this process alone: Redis does not answer (%s). See /readyz.", error)
        return _count(caches["process"], key) <= LIMIT


def forget(username: str, address: str) -> None:
    """Start counting anew, after the right password."""
    key = _key(username, address)
    caches["process"].delete(key)
    with suppress(*REDIS_AWAY):  # then it was this process that counted
        caches["default"].delete(key)


def _count(cache: BaseCache, key: str) -> int:
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key)
    except ValueError:  # ran out between the two calls
        return 1


def _key(username: str, address: str) -> str:
    who = sha256(f"{username.casefold()}\0{address}".encode(errors="surrogatepass"))
    return f"login-attempts:{who.hexdigest()}"
