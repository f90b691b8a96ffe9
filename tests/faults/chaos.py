"""Faults of all kinds at random moments, each followed by what an operator's supervisor does: start it again."""

import asyncio
import random
import signal

LONGEST_PAUSE = 1.0  # seconds between two faults
LONGEST_OUTAGE = 2.0
LONGEST_FREEZE = 12.0  # longer than it takes to give a worker up


class Chaos:
    """Plays faults on a site. ``played`` says which, in their order."""

    def __init__(self, site, pages, seed):
        self.site, self.pages = site, pages
        self.played = []
        self._random = random.Random(seed)
        self._busy = set()
        self._running = set()

    async def play(self, faults):
        """Play so many; returns when everything runs again."""
        for _ in range(faults):
            await asyncio.sleep(self._random.uniform(0, LONGEST_PAUSE))
            fault, victim = await self._choose()
            self.played.append(fault.__name__.strip("_"))
            self._busy.add(victim)
            task = asyncio.create_task(self._played(fault, victim))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        await asyncio.gather(*self._running)

    async def _choose(self):
        """A fault, and what it befalls: something that runs, and be it only after a while."""
        site = self.site
        kinds = [
            (self._kill, site.webs, 3),
            (self._kill, site.workers, 4),
            (self._end, site.webs, 2),
            (self._end, site.workers, 3),
            (self._freeze, site.webs, 1),
            (self._freeze, site.workers, 2),
            (self._without_redis, [site.redis], 3),
            (self._without_postgres, [site.postgres], 3),
            (self._cut, self.pages, 4),
        ]
        ((fault, those, _),) = self._random.choices(kinds, [weight for *_, weight in kinds])
        while self._busy.issuperset(those):
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        return fault, self._random.choice([each for each in those if each not in self._busy])

    async def _played(self, fault, victim):
        try:
            await fault(victim)
        finally:
            self._busy.discard(victim)

    async def _kill(self, process):
        await asyncio.to_thread(process.kill)
        await _revive(process)

    async def _end(self, process):
        await asyncio.to_thread(process.stop)
        await _revive(process)

    async def _freeze(self, process):
        process.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self._random.uniform(0, LONGEST_FREEZE))
        process.process.send_signal(signal.SIGCONT)

    async def _without_redis(self, redis):
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(self._random.uniform(0, LONGEST_OUTAGE))
        await asyncio.to_thread(redis.start)

    async def _without_postgres(self, _):
        await self.site.restart_postgres(meanwhile=asyncio.sleep(self._random.uniform(0, LONGEST_OUTAGE)))

    async def _cut(self, page):
        page.cut()


async def _revive(process):
    """Start it until it runs: a worker ends at its start where the database is away."""
    while True:
        try:
            await asyncio.to_thread(process.start)
            return
        except AssertionError:
            await asyncio.to_thread(process.kill)
