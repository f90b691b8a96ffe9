"""Budgets: never more held back or spent than there is, whoever asks at once, and nothing lost of what was held."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Event

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat import budgets
from chat.engine.ceiling import Ceiling
from chat.engine.errors import Refused
from chat.models import Budget, BudgetAccount, User
from tests.spending import record_of

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
CEILING = Ceiling(sent=CENT, token=CENT / 1000)


def budget_of(scope=None, amount="1", **fields):
    """A budget of a person, of a group, or of all."""
    name = {User: "user", Group: "group"}.get(type(scope))
    return Budget.objects.create(amount=Decimal(amount), **({name: scope} if name else {}), **fields)


def reserved_for(user, amount, at=None):
    """Hold an amount back for a call of this person; its record's key, or ``None`` where there is too little."""
    with transaction.atomic():
        found = budgets.standings(user.pk, at or timezone.now())
        record = record_of(user, end="open", cost=None).pk
        return record if budgets.reserve(record, found, Decimal(amount)) else None


def books(budget):
    """What is spent and held back, period by period."""
    return [(each.spent, each.reserved) for each in budget.accounts.order_by("start")]


def test_a_site_without_budgets_keeps_no_accounts(alice):
    with transaction.atomic():
        assert budgets.standings(alice.pk, timezone.now()) == []
    assert not BudgetAccount.objects.exists()


def test_what_a_person_spends_counts_in_their_own_in_their_groups_and_in_everybodys(alice, bob):
    team, other = Group.objects.create(name="Team"), Group.objects.create(name="Other")
    alice.groups.add(team)
    hers, teams, all_ = budget_of(alice), budget_of(team), budget_of()
    budget_of(bob), budget_of(other)
    assert reserved_for(alice, "0.4")
    assert {account.budget for account in BudgetAccount.objects.filter(reserved=Decimal("0.4"))} == {hers, teams, all_}


def test_what_was_held_back_is_let_go_and_what_it_cost_is_spent(alice):
    budget = budget_of(alice)
    record = reserved_for(alice, "0.4")
    assert books(budget) == [(0, Decimal("0.4"))]
    budgets.settle(record, held=Decimal("0.4"), cost=Decimal("0.123456789012"))
    assert books(budget) == [(Decimal("0.123456789012"), 0)]


def test_the_last_cent_can_be_held_back_and_no_more(alice):
    budget = budget_of(alice)
    assert reserved_for(alice, "0.99")
    assert not reserved_for(alice, "0.010000000001")
    assert reserved_for(alice, "0.01")
    assert books(budget) == [(0, 1)]


def test_where_one_budget_has_too_little_nothing_is_held_back_in_any(alice):
    week, month = budget_of(alice, "10", period="week"), budget_of(alice, "1")
    assert not reserved_for(alice, "2")
    assert books(week) == books(month) == [(0, 0)]
    assert not BudgetAccount.records.through.objects.exists()


def test_a_soft_budget_counts_but_refuses_nothing(alice):
    budget = budget_of(alice, hard=False)
    assert reserved_for(alice, "2")
    assert books(budget) == [(0, 2)]


def test_two_who_read_the_same_account_do_not_both_get_what_is_left(alice):
    budget = budget_of(alice)
    with transaction.atomic():
        read_by_both = budgets.standings(alice.pk, timezone.now())
    first, second = record_of(alice).pk, record_of(alice).pk
    assert budgets.reserve(first, read_by_both, Decimal("0.6"))
    assert not budgets.reserve(second, read_by_both, Decimal("0.6"))
    assert books(budget) == [(0, Decimal("0.6"))]


def test_who_travels_has_no_second_budget_for_the_same_day(alice):
    budget = budget_of(alice, period="day")
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "", "No/Such"):
        User.objects.filter(pk=alice.pk).update(timezone=zone)
        assert bool(reserved_for(alice, "0.6", noon)) is (zone == "Europe/Berlin")
    assert books(budget) == [(0, Decimal("0.6"))]


def test_a_month_changes_in_the_persons_time_zone_and_a_call_stays_where_it_was_opened(alice):
    User.objects.filter(pk=alice.pk).update(timezone="Europe/Berlin")
    hers, all_ = budget_of(alice), budget_of()
    before, after = datetime(2026, 11, 30, 22, 59, tzinfo=UTC), datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    first, second = reserved_for(alice, "0.5", before), reserved_for(alice, "0.4", after)
    budgets.settle(first, held=Decimal("0.5"), cost=Decimal("0.3"))
    assert books(hers) == [(Decimal("0.3"), 0), (0, Decimal("0.4"))]
    assert [each.start for each in hers.accounts.order_by("start")] == [date(2026, 11, 1), date(2026, 12, 1)]
    assert books(all_) == [(Decimal("0.3"), Decimal("0.4"))]
    budgets.settle(second, held=Decimal("0.4"), cost=Decimal(0))
    assert books(hers) == [(Decimal("0.3"), 0), (0, 0)]


def test_an_answer_is_as_long_as_every_hard_budget_allows(alice):
    budget_of(alice, "1"), budget_of(None, "0.02"), budget_of(alice, "0", period="day", hard=False)
    with transaction.atomic():
        assert budgets.affordable(budgets.standings(alice.pk, timezone.now()), CEILING, 32_000) == 1_000


@pytest.mark.parametrize(("longest", "amount"), [(32_000, "0.0125"), (60, "0.0105")])
def test_an_answer_that_could_only_be_of_no_use_is_refused(alice, longest, amount):
    budget_of(alice, amount)
    with transaction.atomic(), pytest.raises(Refused) as refusal:
        budgets.affordable(budgets.standings(alice.pk, timezone.now()), CEILING, longest)
    assert refusal.value.code == "over_budget"


def refusal_of(user, at):
    """Why what costs a cent and more is refused."""
    with transaction.atomic(), pytest.raises(Refused) as refusal:
        budgets.affordable(budgets.standings(user.pk, at), CEILING, 32_000)
    return refusal.value


def test_a_refusal_tells_what_is_left_and_when_it_renews(alice):
    User.objects.filter(pk=alice.pk).update(timezone="Europe/Berlin")
    budget = budget_of(alice, "5.00")
    record = reserved_for(alice, "4.995")
    budgets.settle(record, held=Decimal("4.995"), cost=Decimal("4.995"))
    budget.accounts.update(start=date(2999, 11, 1))
    refusal = refusal_of(alice, datetime(2999, 11, 21, tzinfo=UTC))
    assert refusal.message == (
        "Your budget for this month is not enough for this: $0.0050 of $5.00 is left, and it could cost $0.013. "
        "The budget is renewed on 1 December 2999 at 00:00 (CET)."
    )
    assert refusal.retry_after > timedelta(days=300_000).total_seconds()


def test_a_refusal_tells_where_waiting_for_other_answers_is_enough(alice):
    alice.groups.add(Group.objects.create(name="Team"))
    budget_of(alice.groups.get(), period="day")
    assert reserved_for(alice, "0.995")
    refusal = refusal_of(alice, timezone.now())
    assert refusal.message.startswith("The budget of Team for today is not enough for this: $0.0050 of $1.00 is left")
    assert refusal.message.endswith(
        "could cost $0.013. $0.99 is held back for answers that are being written or have no price yet: "
        "wait for their end, or tell an administrator."
    )
    assert refusal.retry_after == budgets.SETTLES_SECONDS


@pytest.mark.parametrize("wrong", ["negative", "two scopes", "twice", "twice for all"])
def test_the_database_takes_no_budget_that_makes_no_sense(alice, wrong):
    budget_of(alice), budget_of()
    fields = {
        "negative": {"user": alice, "period": "day", "amount": -1},
        "two scopes": {"user": alice, "period": "day", "group": Group.objects.create(name="Team")},
        "twice": {"user": alice},
        "twice for all": {},
    }[wrong]
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.create(**{"amount": Decimal(1), **fields})


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_ask_at_once_as_many_get_something_as_there_is_enough_for(alice, bob):
    alices, all_ = budget_of(alice, "0.2"), budget_of(None, "0.5")
    together = Barrier(20)

    def ask(number):
        together.wait(10)
        try:
            return reserved_for(alice if number % 2 else bob, "0.1")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        records = [record for record in threads.map(ask, range(20)) if record]
    assert len(records) == 5
    assert books(all_) == [(0, Decimal("0.5"))]
    assert books(alices)[0][1] <= Decimal("0.2")


@pytest.mark.django_db(transaction=True)
def test_who_settles_and_who_reserves_at_once_in_several_accounts_lose_nothing(alice, bob):
    kept = [budget_of(alice, "9"), budget_of(None, "9"), budget_of(bob, "9"), budget_of(None, "9", period="day")]
    together = Barrier(8)

    def ask(number):
        together.wait(10)
        try:
            for _ in range(5):
                record = reserved_for(alice if number % 2 else bob, "0.1")
                budgets.settle(record, held=Decimal("0.1"), cost=CENT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    assert [books(each) for each in kept] == [[(Decimal(cost), 0)] for cost in ("0.2", "0.4", "0.2", "0.4")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", [True, False], ids=["with an account", "the first of its period"])
def test_who_deletes_a_budget_waits_for_who_counts_a_call_in_it(alice, kept):
    budget_of(alice)
    if kept:
        assert reserved_for(alice, "0.1")
    locked, for_ever = Event(), Event()

    def ask():
        try:
            with transaction.atomic():
                found = budgets.standings(alice.pk, timezone.now())
                locked.set()
                for_ever.wait(0.5)
                return budgets.reserve(record_of(alice, end="open", cost=None).pk, found, Decimal("0.1"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(ask)
        assert locked.wait(10)
        budgets.delete(Budget.objects.all())
        assert held.result(10)
    assert not BudgetAccount.objects.exists()
    assert not BudgetAccount.records.through.objects.exists()
