"""A site as an operator runs it: web processes, workers, Redis and PostgreSQL, each of which can be killed."""

import asyncio
from contextlib import AsyncExitStack

from asgiref.sync import sync_to_async
from django.db import connections

from chat.models import Message, User
from chat.simulator import Simulator
from tests.cables import Cable
from tests.faults.pages import Page
from tests.live.processes import settled
from tests.servers import Redis, Server, Worker
from tests.tabs import session_of

ENVIRONMENT = {
    "CHAT_RUNNER": "worker",
    "CHAT_REAP_SECONDS": "5",
    "CHAT_DRAIN_SECONDS": "20",
    "CHAT_MAX_OPEN_TURNS": "1000",
    "CHAT_MAX_SOCKETS": "1000",
    "CHAT_MESSAGES_PER_MINUTE": "100000",
}
REST_SECONDS = 30


class Site:
    """Processes that work together. To start one takes seconds: they go from test to test, those that live.

    ``cable`` is the network between them and Redis.
    """

    def __init__(self, postgres):
        self.postgres, self.redis, self.upstream = postgres, Redis(), Simulator(speed=0)
        self.cable = Cable(self.redis.url)
        self.webs, self.workers = [], []
        self._pages = AsyncExitStack()

    async def open(self):
        """Start what they all need."""
        await self.upstream.start()
        await asyncio.to_thread(self.redis.start)
        await self.cable.start()

    async def close(self):
        """End everything."""
        await self.have_no_more(webs=0, workers=0)
        await self.cable.stop()
        self.redis.kill()
        await self.upstream.stop()

    async def have(self, *, webs, workers):
        """Have at least so many web processes and workers that live."""
        for wanted, kind, new in ((webs, self.webs, self.new_web), (workers, self.workers, self.new_worker)):
            kind[:] = [process for process in kind if process.process.poll() is None]
            kind += [new() for _ in range(wanted - len(kind))]
        new = [process for process in [*self.webs, *self.workers] if process.process is None]
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in new))

    async def have_no_more(self, *, webs, workers):
        """Kill what is more than that."""
        for kind, left in ((self.webs, webs), (self.workers, workers)):
            for process in kind[left:]:
                await asyncio.to_thread(process.kill)
            del kind[left:]

    def new_web(self, **environment):
        """A web process, not started yet."""
        return Server(self.upstream.url, REDIS_URL=self.cable.url, **ENVIRONMENT | environment)

    def new_worker(self, **environment):
        """A worker, not started yet."""
        return Worker(self.upstream.url, REDIS_URL=self.cable.url, **ENVIRONMENT | environment)

    async def replace(self, process):
        """As an operator rolls: start a new one, have the old one end, and wait until it has."""
        kind, new = (self.webs, self.new_web()) if process in self.webs else (self.workers, self.new_worker())
        await asyncio.to_thread(new.start)
        kind[kind.index(process)] = new
        await asyncio.to_thread(process.stop)

    async def page(self, user, web=None):
        """A page of somebody: on one web process if it is given, or else on any, and on another after each loss."""
        session = await sync_to_async(session_of)(user)
        return await self._pages.enter_async_context(Page(self.webs, session, web))

    async def restart_postgres(self, meanwhile=None):
        """Kill PostgreSQL, and start it again when ``meanwhile`` is done."""
        await asyncio.to_thread(self.postgres.kill)
        if meanwhile:
            await meanwhile
        await asyncio.to_thread(self.postgres.start)
        await sync_to_async(connections.close_all)()

    def runner_of(self, answer):
        """The worker that makes an answer."""
        pid = answer.runner.split(":")[1]
        return next(worker for worker in self.workers if str(worker.process.pid) == pid)

    async def rest(self):
        """Close all pages, and stop all answers."""
        self.cable.delay = 0
        pages, self._pages = self._pages, AsyncExitStack()
        try:
            await pages.aclose()
        finally:
            await Message.objects.open().aupdate(stop_requested=True)
            await until_none(Message.objects.open())
            await settled(lambda: all(call.closed for call in self.upstream.ledger))


async def account(name):
    """Somebody with an account."""
    return await sync_to_async(User.objects.create_user)(name)


async def until_none(rows, seconds=REST_SECONDS):
    """Wait until there are no such rows."""
    async with asyncio.timeout(seconds):
        while await rows.all().aexists():  # noqa: ASYNC110 - a database has no event to wait for
            await asyncio.sleep(0.05)


async def row(turn):
    """What the database has of a turn."""
    return await Message.objects.aget(pk=turn)
