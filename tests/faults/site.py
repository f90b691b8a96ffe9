"""A site as an operator runs it: web processes, workers, Redis and PostgreSQL, each of which can be killed."""

import asyncio
from contextlib import AsyncExitStack

from asgiref.sync import sync_to_async
from django.db import connections

from chat.models import Message
from tests.faults.pages import Page
from tests.servers import Server, Worker
from tests.tabs import session_of

REAP_SECONDS = 2
ENVIRONMENT = {
    "CHAT_RUNNER": "worker",
    "CHAT_REAP_SECONDS": str(REAP_SECONDS),
    "CHAT_DRAIN_SECONDS": "20",
    "CHAT_MAX_OPEN_TURNS": "1000",
    "CHAT_MAX_SOCKETS": "1000",
    "CHAT_MESSAGES_PER_MINUTE": "100000",
}


class Site:
    """Processes that work together. Everything that is left at the end is killed."""

    def __init__(self, upstream, redis, postgres, **environment):
        self.upstream, self.redis, self.postgres = upstream, redis, postgres
        self.environment = {**ENVIRONMENT, "REDIS_URL": redis.url, **environment}
        self.webs, self.workers = [], []
        self._pages = AsyncExitStack()

    async def start(self, *, webs=1, workers=1, **environment):
        """Start so many more of each, all at once."""
        environment = {**self.environment, **environment}
        new = [Server(self.upstream.url, **environment) for _ in range(webs)]
        self.webs += new
        hands = [Worker(self.upstream.url, **environment) for _ in range(workers)]
        self.workers += hands
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in [*new, *hands]))
        return self

    async def close(self):
        """End everything."""
        await self._pages.aclose()
        for process in [*self.webs, *self.workers]:
            await asyncio.to_thread(process.kill)

    async def page(self, user, web=None):
        """A page of somebody: on one web process if it is given, or else on any, and on another after each loss."""
        session = await sync_to_async(session_of)(user)
        return await self._pages.enter_async_context(Page(self.webs, session, web))

    async def replace(self, process):
        """As an operator rolls: start a new one, have the old one end, and wait until it has."""
        kind = self.webs if process in self.webs else self.workers
        new = type(process)(self.upstream.url, **self.environment)
        await asyncio.to_thread(new.start)
        kind[kind.index(process)] = new
        await asyncio.to_thread(process.stop)

    async def restart_postgres(self):
        """Kill PostgreSQL and start it again."""
        await asyncio.to_thread(self.postgres.kill)
        await asyncio.to_thread(self.postgres.start)
        await forget_connections()

    def runner_of(self, answer):
        """The worker that makes an answer."""
        pid = answer.runner.split(":")[1]
        return next(worker for worker in self.workers if str(worker.process.pid) == pid)


async def forget_connections():
    """Our own connections to the database, which died with it."""
    await sync_to_async(connections.close_all)()


async def row(turn):
    """What the database has of a turn."""
    return await Message.objects.aget(pk=turn)
