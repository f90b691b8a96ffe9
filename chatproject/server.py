"""``python -m chatproject.server``: daphne with all of its arguments, on uvloop's event loop, and patient.

daphne takes whichever asyncio reactor is installed before it is imported. On uvloop a token costs the server a fifth
less (``make bench``).
"""

import asyncio
import logging
import os
import sys
from functools import partial
from typing import Any

import uvloop
from twisted.internet import asyncioreactor

LONGEST_HEAD = 256 * 1024
"""Bytes of a request's first line and headers: a search for 10,000 emoji, and as Referer the one before it."""


def main() -> None:
    """Serve until told to end."""
    asyncioreactor.install(uvloop.new_event_loop())  # type: ignore[no-untyped-call]
    from daphne.cli import CommandLineInterface
    from twisted.web.http import HTTPChannel

    CommandLineInterface.server_class = patient_server()
    # Twisted takes 16 KB, and answers what is longer without a word.
    HTTPChannel.MAX_LENGTH = HTTPChannel.totalHeadersSize = LONGEST_HEAD
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
    """A server that waits for slow readers, says when it failed, and lets go of its connections last.

    daphne itself would keep in memory what a reader has not taken yet, however much that is. It would leave a response
    open whose application failed in the middle of it, and watch over none of them from then on. And, told to end, it
    would cancel all websockets at once, and with them whoever is still reading an answer, instead of waiting until
    `Lifespan` has closed the runner.
    """
    from daphne.http_protocol import WebRequest
    from daphne.server import Server
    from twisted.internet import reactor

    class PatientServer(Server):  # type: ignore[misc]
        def create_application(self, protocol: Any, scope: Any) -> Any:
            queue = super().create_application(protocol, scope)
            if isinstance(protocol, WebRequest) and queue:
                self.connections[protocol]["application_instance"].add_done_callback(partial(cut_off, self, protocol))
            return queue

        async def handle_reply(self, protocol: Any, message: Any) -> None:
            brake = brake_of(protocol, message)
            await super().handle_reply(protocol, message)
            if brake:
                await brake.released.wait()

        def kill_all_applications(self) -> None:
            reactor.addSystemEventTrigger("during", "shutdown", super().kill_all_applications)  # type: ignore[arg-type]

    return PatientServer


def brake_of(protocol: Any, message: Any) -> "Brake | None":
    """The brake of a response that comes in pieces: put on with the first of them, taken off before the last."""
    if message["type"] != "http.response.body" or protocol.channel is None:
        return None
    if message.get("more_body"):
        if protocol.producer is None:
            protocol.registerProducer(Brake(), True)
        brake: Brake = protocol.producer
        return brake
    if protocol.producer:
        protocol.unregisterProducer()
    return None


def cut_off(server: Any, protocol: Any, application: asyncio.Task[None]) -> None:
    """Break the connection off where an application failed in the middle of a response: it must not look whole."""
    failed = not application.cancelled() and application.exception()
    if failed and protocol._response_started and protocol.channel:
        server.protocol_disconnected(protocol)
        protocol.channel.transport.abortConnection()


class Brake:
    """What twisted tells when more is waiting for a reader than it likes to keep; ``released`` while that is not so."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.released.set()

    def pauseProducing(self) -> None:  # noqa: N802 - twisted's name
        self.released.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self.released.set()

    def stopProducing(self) -> None:  # noqa: N802
        self.released.set()


if __name__ == "__main__":
    main()
