"""``manage.py worker``: answer what web processes with CHAT_RUNNER=worker have queued; one for each core."""

import asyncio
import gc
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import chat.providers.anthropic  # noqa: F401 - the SDK takes a second to import: now, not in the first answer
from chat import readiness
from chat.live.runner import current_runner
from chat.live.worker import Worker


class Command(BaseCommand):
    """Work until told to stop; then let running answers finish for CHAT_DRAIN_SECONDS."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much it takes, and how it shows that it lives."""
        parser.add_argument("--concurrency", type=int, default=100, help="answers at a time")
        parser.add_argument(
            "--alive", type=Path, metavar="FILE", help="touched once a second while the database answers"
        )

    def handle(self, *, concurrency: int, alive: Path | None = None, **options: Any) -> None:
        """Run it on an event loop of its own."""
        if concurrency < 1:
            raise CommandError("--concurrency: expected a number of at least 1.")
        if not settings.REDIS_URL:
            raise CommandError("Workers hear of their work through Redis: set REDIS_URL, for the web processes too.")
        if alive:
            _clear(alive)
        # As in asgi.py: what is loaded by now is no garbage, and a look through all of it stalls every answer.
        gc.collect()
        gc.freeze()
        uvloop.run(self._work(concurrency, alive))

    async def _work(self, concurrency: int, alive: Path | None) -> None:
        problems = await readiness.problems()
        # Redis may come after us.
        if wrong := problems["database"] or problems["migrations"]:
            raise CommandError(wrong)
        stopped = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, stopped.set)
        runner = current_runner()
        runner.always(Worker(runner, concurrency, alive).run())
        runner.start()
        self.stdout.write(f"{runner.name}: up to {concurrency} answers at a time.")
        self.stdout.flush()
        await stopped.wait()
        await runner.close(settings.CHAT_DRAIN_SECONDS)


def _clear(alive: Path) -> None:
    """What an earlier worker left there says nothing of this one."""
    try:
        alive.touch()
        alive.unlink()
    except OSError as error:
        raise CommandError(f"--alive: {alive} cannot be written ({error.strerror}).") from error
