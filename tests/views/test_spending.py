"""What the page shows of the person's spending."""

from decimal import Decimal

import pytest
from django.utils import timezone

from chat import budgets
from chat.models import Budget, BudgetAccount
from tests.spending import record_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def budget(alice):
    """Of five dollars this month $4.10 is spent."""
    budget = Budget.objects.create(user=alice, amount=5)
    start = budgets.current([budget], timezone.now())[budget.pk].account.start
    BudgetAccount.objects.create(budget=budget, start=start, spent=Decimal("4.1"))
    return budget


def test_the_menu_shows_what_was_spent(client_of, alice, bob):
    record_of(alice, cost="1.25")
    record_of(bob, cost="7")
    page = client_of(alice).get("/").content.decode()
    assert "<div><dt>Today</dt><dd>$1.25</dd></div>" in page
    assert "<div><dt>This month</dt><dd>$1.25</dd></div>" in page
    assert "Left this" not in page
    assert '<p class="notice" id="budget" data-key="" hidden></p>' in page


def test_it_shows_what_is_left_of_ones_own_budget_and_warns_once_for_each_share(client_of, alice, budget):
    client = client_of(alice)
    page = client.get("/").content.decode()
    assert "<div><dt>Left this month</dt><dd>$0.90 of $5.00</dd></div>" in page
    assert "82 % of your budget for this month is spent: $0.90 of $5.00 is left." in page
    client.cookies["budget"] = page.partition('id="budget" data-key="')[2].partition('"')[0]
    assert "82 %" not in client.get("/").content.decode()
    budget.accounts.update(spent=5)
    assert "100 % of your budget" in client.get("/").content.decode()


def test_the_scripts_get_the_same_as_two_elements(client_of, alice, budget):
    fragment = client_of(alice).get("/spending/").content.decode()
    assert '<dl id="spending"' in fragment
    assert "82 % of your budget" in fragment
    assert "<html" not in fragment


def test_a_stranger_is_told_nothing(client):
    assert client.get("/spending/").status_code == 302
