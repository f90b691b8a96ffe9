"""``manage.py simulator``: serve the simulated Messages API on a port of its own, until Ctrl-C."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.simulator import Simulator


class Command(BaseCommand):
    """Run the simulator; point `ANTHROPIC_BASE_URL` of a server at the address it prints."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen and how fast to answer."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
        parser.add_argument("--speed", type=float, default=60.0, help="tokens per second; 0 is as fast as possible")

    def handle(self, *, host: str, port: int, speed: float, **options: Any) -> None:
        """Serve until interrupted; CommandError when the port is taken."""
        try:
            asyncio.run(self.serve(Simulator(speed), host, port))
        except OSError as error:
            raise CommandError(f"The simulator cannot listen on {host}:{port}: {error.strerror}.") from error

    async def serve(self, simulator: Simulator, host: str, port: int) -> None:
        """Print the address as the first line, then serve until SIGINT or SIGTERM."""
        over = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, over.set)
        await simulator.start(host, port)
        self.stdout.write(simulator.url)
        self.stdout.flush()
        await over.wait()
        await simulator.stop()
