"""Hard budgets where workers answer, all of them real processes: what holds in one process holds between them."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async

from chat import audit
from chat.live.reaper import reap
from chat.models import UsageRecord
from chat.providers import get_provider
from tests.live.processes import directed
from tests.live.test_budgets import LIMITS, books, budget_of, made, outcome_of, settled
from tests.servers import Server, Worker
from tests.tabs import RemoteTab, session_of

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

WORKERS, QUESTIONS, RUNNING = 2, 12, 4


@pytest.fixture
async def site(redis, upstream, alice):
    """Opens tabs of Alice on a web process; ``workers`` answer."""
    limits = {**LIMITS, "CHAT_RUNNER": "worker", "REDIS_URL": redis.url, "CHAT_REAP_SECONDS": "600"}
    session = await sync_to_async(session_of)(alice)
    async with AsyncExitStack() as opened:
        processes = [Server(upstream.url, **limits), *(Worker(upstream.url, **limits) for _ in range(WORKERS))]
        for process in processes:
            opened.push_async_callback(asyncio.to_thread, process.stop)
        await asyncio.gather(*(asyncio.to_thread(process.start) for process in processes))

        async def tab():
            return await opened.enter_async_context(RemoteTab(processes[0].url, session))

        tab.workers = processes[1:]
        yield tab


async def test_no_more_is_spent_than_there_is_however_many_ask_at_once(site, upstream):
    budget = await budget_of(amount="0.02")
    tabs = [await site() for _ in range(QUESTIONS)]
    await asyncio.gather(*(tab.see("hello") for tab in tabs))
    answers = await asyncio.gather(*(outcome_of(tab) for tab in tabs))
    spent = await settled(budget)
    assert set(answers) == {"complete", "over_budget"}
    costs = [record.cost async for record in UsageRecord.objects.filter(accounts__budget=budget)]
    assert budget.amount >= spent == sum(costs) > 0
    assert len(made(upstream)) == len(costs) == await UsageRecord.objects.acount()


async def test_what_killed_workers_held_back_is_let_go(site, alice):
    budget = await budget_of(alice, "100")
    tab = await site()
    for turn in [(await tab.ask(directed(tokens=900, speed=50)))["turn"] for _ in range(RUNNING)]:
        await tab.read(turn, 20)
    assert (await books(budget))[1] > 0
    for worker in site.workers:
        await asyncio.to_thread(worker.kill)
    assert await reap(await get_provider()) == RUNNING
    assert await settled(budget) == sum([each.cost async for each in UsageRecord.objects.all()]) > 0
    assert await UsageRecord.objects.filter(end="interrupted").acount() == RUNNING
    assert not await sync_to_async(lambda: list(audit.problems(audit.settled())))()
