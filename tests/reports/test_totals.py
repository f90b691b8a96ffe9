"""Read-only questions about spending."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chat import reports
from chat.engine.usage import Usage
from chat.models import UsageRecord, User
from tests.spending import conversation_of, record_of


def test_it_adds_tokens_by_class_and_cost(alice):
    record_of(alice, cost="0.1", cache_write_5m_tokens=1, cache_write_1h_tokens=2, cache_read_tokens=3)
    record_of(alice, cost="0.2", thinking_tokens=20, web_searches=4)
    totals = reports.totals(UsageRecord.objects.all())
    assert totals.usage == Usage(200, 100, 1, 2, 3, 20, 4)
    assert totals.cost == Decimal("0.3")
    assert (totals.calls, totals.tokens, totals.exactness) == (2, 306, "exact")


def test_it_adds_costs_without_the_error_of_floating_point_numbers(alice):
    for _ in range(10):
        record_of(alice, cost="0.000000000001")
    record_of(alice, cost="1000000")
    assert reports.totals(UsageRecord.objects.all()).cost == Decimal("1000000.00000000001")


def test_it_says_how_much_of_a_sum_is_not_exact(alice):
    record_of(alice, cost="0.10")
    record_of(alice, cost="0.02", exactness="estimated")
    totals = reports.totals(UsageRecord.objects.all())
    assert (totals.inexact, totals.estimated, totals.exactness) == (Decimal("0.02"), 1, "estimated")
    record_of(alice, cost="0.03", exactness="lower_bound")
    totals = reports.totals(UsageRecord.objects.all())
    assert (totals.inexact, totals.lower_bounds, totals.exactness) == (Decimal("0.05"), 1, "lower_bound")


def test_an_unpriced_call_makes_a_sum_a_lower_bound_and_a_running_one_does_not(alice):
    record_of(alice, cost=None, end="open")
    totals = reports.totals(UsageRecord.objects.all())
    assert (totals.running, totals.unpriced, totals.exactness) == (1, 0, "exact")
    record_of(alice, cost=None)
    totals = reports.totals(UsageRecord.objects.all())
    assert (totals.running, totals.unpriced, totals.exactness) == (1, 1, "lower_bound")


def test_nothing_comes_to_nothing(db):
    assert reports.totals(UsageRecord.objects.all()) == reports.Totals()


def test_it_groups_by_user_and_by_conversation(alice, bob):
    hers, his = conversation_of(alice, turns=3), conversation_of(bob)
    record_of(alice, cost="5")
    by_user = reports.totals_by(UsageRecord.objects.all(), "user")
    assert {user: totals.cost for user, totals in by_user.items()} == {
        alice.pk: Decimal("5.03"),
        bob.pk: Decimal("0.01"),
    }
    by_conversation = reports.totals_by(UsageRecord.objects.exclude(message=None), "message__conversation")
    assert {key: totals.calls for key, totals in by_conversation.items()} == {hers.pk: 3, his.pk: 1}


@pytest.mark.parametrize(("since", "order"), [(None, "alice bob carol"), (1, "bob alice carol")])
def test_it_orders_people_by_what_they_spent(alice, bob, since, order):
    User.objects.create_user("carol")
    record_of(alice, cost="9", days_ago=40)
    record_of(alice, cost="1")
    record_of(bob, cost="2")
    records = UsageRecord.objects.all()
    if since:
        records = records.filter(started_at__gte=timezone.now() - timedelta(days=since))
    people = User.objects.alias(spent=reports.spent(records, "user")).order_by("-spent", "username")
    assert " ".join(people.values_list("username", flat=True)) == order
