"""``manage.py worker``: answer what web processes with CHAT_RUNNER=worker have queued; one for each core."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat.live.runner import current_runner
from chat.live.worker import Worker


class Command(BaseCommand):
    """Work until told to stop; then let running answers finish for CHAT_DRAIN_SECONDS."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much it takes."""
        parser.add_argument("--concurrency", type=int, default=100, help="answers at a time")

    def handle(self, *, concurrency: int, **options: Any) -> None:
        """Run it on an event loop of its own."""
        if concurrency < 1:
            raise CommandError("--concurrency: expected a number of at least 1.")
        if not settings.REDIS_URL:
            raise CommandError("Workers hear of their work through Redis: set REDIS_URL, for the web processes too.")
        uvloop.run(self._work(concurrency))

    async def _work(self, concurrency: int) -> None:
        stopped = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stopped.set)
        runner = current_runner()
        runner.always(Worker(runner, concurrency).run())
        runner.start()
        self.stdout.write(f"{runner.name}: up to {concurrency} answers at a time.")
        self.stdout.flush()
        await stopped.wait()
        await runner.close(settings.CHAT_DRAIN_SECONDS)
