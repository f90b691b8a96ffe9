"""A worker: claims turns that web processes have queued, as many at a time as it may.

A doorbell says that there is one; whoever claims the row first has it. Once a second the rows are looked through for
turns whose doorbell was lost or that came while everybody was busy.
"""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

from django import db

from chat import turns
from chat.live.line import EVERYBODY, WORKERS
from chat.live.runner import Runner
from chat.live.threads import in_thread
from chat.turns import Begun

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1
YIELD_SECONDS = 0.05


class Worker:
    """Feeds a runner with queued turns, up to ``concurrency`` at a time. ``run`` is a task of the runner's."""

    def __init__(self, runner: Runner, concurrency: int) -> None:
        self._runner = runner
        self._concurrency = concurrency
        self._rung: list[UUID] = []
        self._wake = asyncio.Event()
        runner.relay.line.join(WORKERS)
        runner.relay.line.on("start", lambda message: self._hear(UUID(message["turn"])))

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
            rung, self._rung = self._rung, []
            try:
                await self._claim(rung)
                if clock() - swept >= SWEEP_SECONDS:
                    swept = clock()
                    await self._claim(await in_thread(turns.queued)(SWEEP_SECONDS))
            except db.Error as error:
                logger.warning("Queued answers could not be claimed; it is tried again in a second (%s).", error)

    def _hear(self, turn: UUID) -> None:
        self._rung.append(turn)
        self._wake.set()

    async def _claim(self, queued: list[UUID]) -> None:
        for turn in queued:
            if not self._runner.accepting:
                return
            if len(self._runner.turns) >= self._concurrency:
                await in_thread(turns.keep_waiting)(queued)
                return
            if begun := await in_thread(self._claimed)(turn):
                self._runner.take(begun)
                await self._runner.relay.line.send(EVERYBODY, "claimed", turn=str(turn))

    def _claimed(self, turn: UUID) -> Begun | None:
        return turns.begun_of(turn) if turns.claim(turn, self._runner.name) else None
