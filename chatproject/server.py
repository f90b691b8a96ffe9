"""``python -m chatproject.server``: daphne with all of its arguments, on uvloop's event loop, and patient at its end.

daphne takes whichever asyncio reactor is installed before it is imported. On uvloop a token costs the server a fifth
less (``make bench``).
"""

import logging
import os
import sys
from typing import Any

import uvloop
from twisted.internet import asyncioreactor


def main() -> None:
    """Serve until told to end."""
    asyncioreactor.install(uvloop.new_event_loop())  # type: ignore[no-untyped-call]
    from daphne.cli import CommandLineInterface

    CommandLineInterface.server_class = patient_server()
    status = 0
    try:
        CommandLineInterface.entrypoint()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    # Whatever must be kept is kept. A request that was cut off may wait in its thread for the event loop that is no
    # more, and Python would wait for the thread.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def patient_server() -> Any:
    """A server that, told to end, lets go of its connections last: not before `Lifespan` has closed the runner.

    daphne itself would cancel all websockets at once, and with them whoever is still reading an answer.
    """
    from daphne.server import Server
    from twisted.internet import reactor

    class PatientServer(Server):  # type: ignore[misc]
        def kill_all_applications(self) -> None:
            reactor.addSystemEventTrigger("during", "shutdown", super().kill_all_applications)  # type: ignore[arg-type]

    return PatientServer


if __name__ == "__main__":
    main()
