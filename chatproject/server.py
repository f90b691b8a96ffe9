"""``python -m chatproject.server``: daphne with all of its arguments, on uvloop's event loop.

daphne takes whichever asyncio reactor is installed before it is imported. On uvloop a token costs the server a fifth
less (``make bench``).
"""

import uvloop
from twisted.internet import asyncioreactor


def main() -> None:
    """Serve until told to end."""
    asyncioreactor.install(uvloop.new_event_loop())  # type: ignore[no-untyped-call]
    from daphne.cli import CommandLineInterface

    CommandLineInterface.entrypoint()


if __name__ == "__main__":
    main()
