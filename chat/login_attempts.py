"""How often someone may get a password wrong: five times in a quarter of an hour, by name and address."""

from hashlib import sha256

from django.core.cache import cache

LIMIT = 5
WINDOW = 15 * 60  # seconds


def take(username: str, address: str) -> bool:
    """Count one attempt, and say whether it may be made; asked before the password is looked at.

    The count lives in the cache: with ``REDIS_URL`` all processes share it, without each has its own. Behind a proxy
    every address is the proxy's unless the server is told to read its headers (``daphne --proxy-headers``); the limit
    then holds for the name alone, so that a stranger can keep someone from logging in.
    """
    key = _key(username, address)
    cache.add(key, 0, WINDOW)
    try:
        return cache.incr(key) <= LIMIT
    except ValueError:  # ran out between the two calls
        return True


def forget(username: str, address: str) -> None:
    """Start counting anew, after the right password."""
    cache.delete(_key(username, address))


def _key(username: str, address: str) -> str:
    who = sha256(f"{username.casefold()}\0{address}".encode(errors="surrogatepass"))
    return f"login-attempts:{who.hexdigest()}"
