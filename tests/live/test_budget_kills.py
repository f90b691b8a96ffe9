"""Hard budgets where processes are killed in mid-answer: what each held back is let go, and what it used is spent."""

import asyncio
import random
from decimal import Decimal

import pytest

from chat.live.process import is_gone
from chat.live.reaper import reap
from chat.models import UsageRecord
from chat.providers import get_provider
from tests.live.forks import forked
from tests.live.processes import directed, kept, settled
from tests.live.test_budgets import LIMITS, books, budget_of, in_order, made, paid_for

pytestmark = pytest.mark.django_db(transaction=True)

KILLS, AT_ONCE = 50, 10
LONG = directed(tokens=900, speed=50)
HELD = Decimal("0.0112")  # for each answer: 1,000 tokens at 10 x 1.1 millionths, and its prompt


async def test_of_fifty_processes_killed_in_mid_answer_none_leaves_money_held_back_or_spends_too_much(
    alice, upstream, settings
):
    for name in ("CHAT_MAX_OPEN_TURNS", "CHAT_MESSAGES_PER_MINUTE"):
        setattr(settings, name, int(LIMITS[name]))
    # Enough for those that run at once, and for what all of them use, but not if a few kept what they held back.
    budget = await budget_of(alice, "0.18")
    chance = random.Random(KILLS)
    async with forked(upstream.url) as fork:
        for _ in range(KILLS // AT_ONCE):
            turns = [(await paid_for(alice, runner="", text=LONG)).turn for _ in range(AT_ONCE)]
            _, reserved = await books(budget)
            assert reserved >= HELD * AT_ONCE
            processes = [await fork(turn) for turn in turns]
            await asyncio.gather(
                *(killed_in_the_middle(*each, chance.random()) for each in zip(processes, turns, strict=True))
            )
            assert await reap(await get_provider()) == AT_ONCE
            spent, reserved = await books(budget)
            assert (spent < budget.amount, reserved) == (True, 0)
    ends = UsageRecord.objects.filter(end="interrupted", exactness="lower_bound", output_tokens__gt=0)
    assert await ends.acount() == KILLS == len(made(upstream))
    assert spent == sum([each.cost async for each in ends])
    await in_order()


async def killed_in_the_middle(process, turn, seconds):
    """Kill a process so long after it had first saved some of its answer."""
    answer = await kept(turn, lambda message: message.content and message.is_open)
    await asyncio.sleep(seconds)
    process.kill()
    await settled(lambda: is_gone(answer.runner))
