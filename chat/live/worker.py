"""A worker: claims turns that web processes have queued, as many at a time as it may.

A doorbell says that there is one; whoever claims the row first has it. Once a second the rows are looked through for
turns whose doorbell was lost or that came while everybody was busy.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django import db

from chat import turns
from chat.live.line import WORKERS, Message
from chat.live.runner import Runner
from chat.live.threads import in_thread

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1
YIELD_SECONDS = 0.05


class Worker:
    """Feeds a runner with queued turns, up to ``concurrency`` at a time. ``run`` is a task of the runner's.

    The file ``alive`` is touched after every look through the rows.
    """

    def __init__(self, runner: Runner, concurrency: int, alive: Path | None = None) -> None:
        self._runner = runner
        self._concurrency = concurrency
        self._alive = alive
        # The turns, each with the address of the process that rang.
        self._rung: dict[UUID, str] = {}
        self._wake = asyncio.Event()
        runner.relay.line.join(WORKERS)
        runner.relay.line.on("start", self._hear)

    async def run(self) -> None:
        """Claim until cancelled."""
        clock = asyncio.get_running_loop().time
        swept = clock()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            # The busier we are, the longer we leave it to others.
            await asyncio.sleep(YIELD_SECONDS * len(self._runner.turns) / self._concurrency)
            rung, self._rung = self._rung, {}
            try:
                await self._claim(rung)
                if clock() - swept >= SWEEP_SECONDS:
                    swept = clock()
                    await self._claim(dict.fromkeys(await in_thread(self._queued)(), ""))
            except db.Error as error:
                logger.warning("Queued answers could not be claimed; it is tried again in a second (%s).", error)
            except Exception:
                logger.exception("Queued answers could not be claimed; it is tried again in a second.")

    def _hear(self, message: Message) -> None:
        self._rung[UUID(message["turn"])] = message["from"]
        self._wake.set()

    def _queued(self) -> list[UUID]:
        queued = turns.queued(SWEEP_SECONDS)
        if self._alive:
            self._alive.touch()
        return queued

    async def _claim(self, queued: Mapping[UUID, str]) -> None:
        for turn, watcher in queued.items():
            if not self._runner.accepting or len(self._runner.turns) >= self._concurrency:
                # Others may be busy, too, or start only after us.
                await in_thread(turns.keep_waiting)(queued)
                return
            await self._runner.claim(turn, watcher)
