"""What a person is told of their spending: their own sums, and of shared budgets only how much is left in percent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Budget, BudgetAccount, User
from chat.spending import frame_of, spending_of
from tests.spending import record_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch):
    """It is noon in UTC, the 21st."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def spent(user, *, hours_ago, cost):
    """A call that was made so long before noon."""
    record = record_of(user, cost=cost)
    type(record).objects.filter(pk=record.pk).update(started_at=NOON - timedelta(hours=hours_ago))


def budget_of(amount, spent, *, reserved="0", **fields):
    """A budget, and what is spent of it this month."""
    budget = Budget.objects.create(amount=Decimal(amount), **fields)
    BudgetAccount.objects.create(
        budget=budget, start=NOON.date().replace(day=1), spent=Decimal(spent), reserved=Decimal(reserved)
    )
    return budget


def test_it_adds_up_what_the_person_spent_where_their_days_begin(alice, bob, noon):
    spent(alice, hours_ago=1, cost="0.01")
    spent(alice, hours_ago=11.5, cost="0.02")  # today in UTC, and in Berlin
    spent(alice, hours_ago=12.5, cost="0.04")  # yesterday in UTC, today in Berlin
    spent(alice, hours_ago=20 * 24 + 12.5, cost="0.08")  # October in UTC, November in Berlin
    spent(alice, hours_ago=40 * 24, cost="0.16")
    spent(alice, hours_ago=2, cost=None)
    spent(bob, hours_ago=1, cost="5")
    found = spending_of(alice)
    assert (found.today, found.month) == (Decimal("0.03"), Decimal("0.07"))
    User.objects.filter(pk=alice.pk).update(timezone="Europe/Berlin")
    found = spending_of(User.objects.get(pk=alice.pk))
    assert (found.today, found.month) == (Decimal("0.07"), Decimal("0.15"))


def test_who_has_spent_nothing_and_has_no_budget_is_told_so(alice, noon):
    conversation = uuid4()
    assert frame_of(alice.pk, conversation) == {
        "type": "spending",
        "conversation": str(conversation),
        "today": "0",
        "month": "0",
        "budgets": [],
    }


def test_of_ones_own_budgets_all_is_told_of_shared_ones_only_the_share(alice, noon):
    team = Group.objects.create(name="Team")
    alice.groups.add(team)
    budget_of(100, 99)
    budget_of(10, "7.99", group=team, hard=False)
    budget_of(5, "4.1", reserved="0.35", user=alice)
    mine, teams, all_ = frame_of(alice.pk, uuid4())["budgets"]
    renews = {"period": "month", "renews": "2026-12-01T00:00:00+00:00"}
    assert mine == {
        **renews,
        "of": "you",
        "name": "",
        "hard": True,
        "share": 82,
        "passed": 80,
        "amount": "5",
        "spent": "4.1",
        "left": "0.55",
    }
    assert teams == {**renews, "of": "group", "name": "Team", "hard": False, "share": 79, "passed": None}
    assert all_ == {**renews, "of": "everybody", "name": "", "hard": True, "share": 99, "passed": 80}


def test_the_budget_with_the_greatest_share_is_warned_of(alice, noon):
    assert spending_of(alice).alarm is None
    budget_of(5, "4.1", user=alice)
    assert spending_of(alice).alarm.warning == (
        "82 % of your budget for this month is spent: $0.90 of $5.00 is left. It is renewed on 1 December."
    )
    budget_of(100, 90)
    assert spending_of(alice).alarm.warning == (
        "90 % of the budget for this month is spent. It is renewed on 1 December."
    )


def test_a_soft_budget_that_is_passed_has_nothing_left(alice, noon):
    budget_of(5, 7, user=alice, hard=False)
    alarm = spending_of(alice).alarm
    assert (alarm.share, alarm.passed, alarm.remaining) == (140, 100, 0)


def test_nobody_is_told_of_a_person_who_was_deleted(alice):
    key = alice.pk
    alice.delete()
    assert frame_of(key, uuid4()) is None
