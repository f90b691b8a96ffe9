"""Answers under budgets: paid for before they are asked for, with what is left, and settled whatever their end."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat import audit, budgets, ledger, turns
from chat.engine.ceiling import Size
from chat.live.reaper import reap
from chat.live.titles import give_title
from chat.models import Budget, BudgetAccount, LanguageModel, Message, UsageRecord
from chat.models.money import exact_usd
from chat.providers import get_provider
from tests.live.processes import directed
from tests.servers import Server
from tests.tabs import RemoteTab, Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, QUESTIONS = 4, 20
NO_TITLES = "none"
LIMITS = {"CHAT_TITLE_MODEL": NO_TITLES, "CHAT_MAX_OPEN_TURNS": "100", "CHAT_MESSAGES_PER_MINUTE": "1000"}


@pytest.fixture
def untitled(settings):
    """New chats get no titles, so that an answer's calls are all there are."""
    settings.CHAT_TITLE_MODEL = NO_TITLES


def made(upstream):
    """The calls that were made for money; counting is free."""
    return [entry for entry in upstream.ledger.find() if not entry.path.endswith("count_tokens")]


async def budget_of(user=None, amount="1", **fields):
    """A hard budget of a month."""
    return await Budget.objects.acreate(user=user, amount=Decimal(amount), **fields)


async def books(budget):
    """What is spent and held back in the one period there is."""
    account = await BudgetAccount.objects.aget(budget=budget)
    return account.spent, account.reserved


async def asked(user, text, **fields):
    """Ask, and wait for the end; gives ``ended`` and the records of the answer's calls."""
    async with Tab(await sync_to_async(session_of)(user)) as tab:
        turn = (await tab.ask(text, **fields))["turn"]
        ended = await tab.see("ended", turn=turn)
    records = UsageRecord.objects.filter(message=turn, purpose="answer").order_by("pk")
    return ended, [record async for record in records]


async def refused(user, text, **fields):
    """Ask, and wait for the refusal."""
    async with Tab(await sync_to_async(session_of)(user)) as tab:
        command = {"key": str(uuid4()), "conversation": None, "parent": None, "text": text}
        await tab.say("send", id="1", **command, **fields)
        return await tab.see("refused", re="1")


async def settled(budget):
    """Wait until nothing is held back; what is spent by then."""
    async with asyncio.timeout(60):
        while (await books(budget))[1]:  # noqa: ASYNC110 - a database has no event to wait for
            await asyncio.sleep(0.05)
    return (await books(budget))[0]


async def in_order():
    """The accounts are the sums of their records."""
    assert await sync_to_async(lambda: list(audit.problems(audit.settled())))() == []


async def test_an_answer_is_paid_for_with_the_question_and_settled_with_its_end(alice, upstream, untitled):
    budget = await budget_of(alice)
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        turn = (await tab.ask(directed(tokens=400, speed=200)))["turn"]
        await tab.read(turn, 20)
        spent, reserved = await books(budget)
        assert (spent, reserved > Decimal("0.35")) == (0, True)  # 32,000 tokens at 10 x 1.1 millionths, and the prompt
        await tab.see("ended", turn=turn)
    assert await settled(budget) == (await UsageRecord.objects.aget()).cost > 0
    await in_order()


async def test_all_tabs_of_a_person_are_told_what_is_spent_and_left_and_nobody_else(alice, bob, upstream, untitled):
    budget = await budget_of(alice, "5")
    sessions = [await sync_to_async(session_of)(user) for user in (alice, alice, bob)]
    async with Tab(sessions[0]) as tab, Tab(sessions[1]) as other, Tab(sessions[2]) as his:
        for each in (tab, other, his):
            await each.see("hello")
        accepted = await tab.ask(directed(tokens=5))
        told = await other.see("spending", conversation=accepted["conversation"])
        assert await tab.see("spending") == told
        assert his.of("spending") == []
    (mine,) = told["budgets"]
    spent, reserved = await books(budget)
    assert (Decimal(told["today"]), Decimal(told["month"]), Decimal(mine["spent"]), reserved) == (
        spent,
        spent,
        spent,
        0,
    )
    assert Decimal(mine["left"]) == 5 - spent


async def test_what_an_answer_and_the_title_after_it_cost_is_told_once(alice, upstream):
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        turn = (await tab.ask(directed(tokens=5)))["turn"]
        await tab.see("ended", turn=turn)
        told = await tab.see("spending")
        costs = [each.cost async for each in UsageRecord.objects.all()]
        assert (len(costs), Decimal(told["today"])) == (2, sum(costs))
        await tab.say("send", id="2", key=str(uuid4()), conversation=told["conversation"], parent=turn, text="Go on")
        second = (await tab.see("accepted", re="2"))["turn"]
        await tab.see("ended", turn=second)
        await tab.see("spending", today=exact_usd(sum([each.cost async for each in UsageRecord.objects.all()])))
    assert len(tab.of("spending")) == 2


async def test_an_answer_is_no_longer_than_what_is_left(alice, upstream, untitled):
    budget = await budget_of(alice, "0.01")
    ended, (record,) = await asked(alice, directed(tokens=5_000))
    assert ended["stop_reason"] == "max_tokens"
    assert record.output_tokens == record.max_tokens
    assert 256 < record.max_tokens < 1_000
    assert Decimal("0.008") < await settled(budget) <= Decimal("0.01")


async def test_a_question_is_refused_where_what_is_left_is_of_no_use(alice, upstream):
    await budget_of(alice, "0.001")
    refusal = await refused(alice, "Hello")
    assert refusal["code"] == "over_budget"
    assert "$0.0010 of $0.0010 is left" in refusal["message"]
    assert refusal["retry_after"] > 0
    assert made(upstream) == []
    assert not await Message.objects.aexists()
    assert not await UsageRecord.objects.aexists()


async def test_a_model_without_a_price_is_refused_where_a_budget_binds(alice, bob, upstream):
    await LanguageModel.objects.acreate(id="claude-other-1", label="O", context_tokens=9_000, max_output_tokens=900)
    await budget_of(alice)
    refusal = await refused(alice, "Hello", model="claude-other-1")
    assert (refusal["code"], "no price" in refusal["message"]) == ("unpriced", True)


async def test_where_only_a_soft_budget_applies_nothing_is_held_back_and_all_is_spent(alice, upstream, untitled):
    budget = await budget_of(amount="0", hard=False)
    _, (record,) = await asked(alice, directed(tokens=5))
    assert (record.reserved, record.max_tokens) == (0, None)
    assert await settled(budget) == record.cost > 0


async def test_each_attempt_is_paid_for_anew(alice, upstream, untitled):
    budget = await budget_of(alice)
    ended, (first, second) = await asked(alice, directed(tokens=5, fault=529, times=1))
    assert (ended["state"], first.end, second.end) == ("complete", "failed", "complete")
    assert first.max_tokens == second.max_tokens == 32_000
    assert await settled(budget) == second.cost
    await in_order()


async def test_an_answer_that_is_made_again_is_paid_for_like_the_first(alice, upstream, untitled):
    budget = await budget_of(alice)
    ended, (first,) = await asked(alice, directed(tokens=5))
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        await tab.say("regenerate", id="1", key=str(uuid4()), message=ended["turn"])
        turn = (await tab.see("accepted", re="1"))["turn"]
        await tab.see("ended", turn=turn)
    second = await UsageRecord.objects.aget(message=turn)
    assert second.max_tokens == 32_000
    assert await settled(budget) == first.cost + second.cost


async def test_an_answer_that_cannot_pay_for_its_next_call_ends_with_what_it_has(alice, upstream, untitled):
    budget = await budget_of(alice, "0.0125")
    ended, records = await asked(alice, directed(pauses=3, tokens=5))
    assert (ended["state"], ended["error"]["code"]) == ("failed", "over_budget")
    assert "is not enough for this" in ended["error"]["detail"]
    assert [record.end for record in records] == ["complete"]
    assert (await Message.objects.aget(pk=ended["turn"])).text
    assert await settled(budget) == records[0].cost


async def test_a_title_that_the_budget_is_not_enough_for_is_left_out(alice, upstream):
    fields = {"conversation": None, "parent": None, "text": "Why is the sky blue?"}
    begun = await sync_to_async(turns.begin)(alice, key=uuid4(), **fields)
    await budget_of(alice, "0")
    await give_title(await get_provider(), begun, "Because.")
    assert not await UsageRecord.objects.aexists()
    assert made(upstream) == []


async def test_a_turn_that_is_stopped_before_anybody_takes_it_costs_nothing(alice, upstream):
    budget = await budget_of(alice)
    begun = await paid_for(alice, runner="")
    assert (await books(budget))[1] > 0
    await sync_to_async(turns.request_stop)(alice, begun.turn)
    assert await books(budget) == (0, 0)
    record = await UsageRecord.objects.aget()
    assert (record.end, record.cost, record.exactness) == ("stopped", 0, "exact")


@pytest.mark.parametrize(("runner", "exactness"), [("", "exact"), ("gone:1:1", "lower_bound")])
async def test_what_was_held_back_for_a_turn_whose_process_is_gone_is_let_go(alice, upstream, runner, exactness):
    budget = await budget_of(alice)
    begun = await paid_for(alice, runner=runner)
    await Message.objects.filter(pk=begun.turn).aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    await reap(await get_provider())
    record = await UsageRecord.objects.aget()
    assert (record.end, record.exactness, record.reserved) == ("interrupted", exactness, 0)
    assert await books(budget) == (record.cost, 0)
    assert (record.cost > 0) is bool(runner)


async def test_what_was_held_back_for_a_chat_that_is_deleted_is_let_go(alice, upstream):
    budget = await budget_of(alice)
    begun = await paid_for(alice, runner="")
    await Message.objects.filter(pk=begun.turn).adelete()
    await UsageRecord.objects.aupdate(started_at=timezone.now() - ledger.ABANDONED_AFTER * 2)
    await reap(await get_provider())
    assert (await books(budget))[1] == 0


async def paid_for(user, *, runner, text="Why?"):
    """A turn that nobody answers, with what its call may cost held back."""
    fields = {"conversation": None, "parent": None, "text": text, "runner": runner}
    return await sync_to_async(turns.begin)(user, key=uuid4(), size=Size(prompt=100, answer=1_000), **fields)


async def test_of_twenty_questions_at_once_on_four_processes_none_spends_more_than_there_is(alice, upstream):
    budget = await budget_of(amount="0.02")
    session = await sync_to_async(session_of)(alice)
    async with AsyncExitStack() as opened:
        servers = [Server(upstream.url, **LIMITS) for _ in range(PROCESSES)]
        for server in servers:
            opened.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        tabs = [
            await opened.enter_async_context(RemoteTab(servers[number % PROCESSES].url, session))
            for number in range(QUESTIONS)
        ]
        await asyncio.gather(*(tab.see("hello") for tab in tabs))
        answers = await asyncio.gather(*(outcome_of(tab) for tab in tabs))
        spent = await settled(budget)
    assert set(answers) == {"complete", "over_budget"}
    assert spent <= budget.amount
    costs = [record.cost async for record in UsageRecord.objects.filter(accounts__budget=budget)]
    assert spent == sum(costs) > 0
    assert len(made(upstream)) == len(costs) == await UsageRecord.objects.acount()


async def outcome_of(tab):
    """Ask for as much as there may be; how that ends."""
    command = {"key": str(uuid4()), "conversation": None, "parent": None, "text": directed(tokens=900)}
    await tab.say("send", id="1", **command)
    async with asyncio.timeout(30):
        while not (found := tab.of("refused") + tab.of("ended")):  # noqa: ASYNC110 - either will do
            await asyncio.sleep(0.02)
    return found[0].get("code") or found[0]["state"]


def test_a_budget_that_is_none_binds_nobody(alice, bob):
    Budget.objects.create(user=bob, amount=1)
    Budget.objects.create(amount=1, hard=False)
    assert (budgets.bind(alice.pk), budgets.bind(bob.pk)) == (False, True)
