"""What the dashboard says, worked out by hand; and that all its sums are the same, to the last digit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import reports
from chat.models import UsageRecord
from chat.reports.figures import by_group, figures
from chat.reports.histogram import percentile
from chat.reports.spans import Span
from tests.golden_costs import TABLE
from tests.spending import record_of
from tests.test_golden_costs import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def week():
    """The last seven days."""
    today = timezone.now().astimezone(UTC).date()
    return Span(today - timedelta(days=6), today)


@pytest.fixture
def shown(week):
    """The figures of that week: six days from rollups, today live."""
    return lambda: figures(week, timezone.now())


def test_spend_is_summed_by_day_model_person_and_group(alice, bob, shown):
    staff, crew = Group.objects.create(name="Staff"), Group.objects.create(name="Crew")
    alice.groups.set([staff, crew])
    record_of(alice, cost="1")
    record_of(alice, cost="2", days_ago=3, model_asked="claude-opus-5-5")
    record_of(bob, cost="4", days_ago=3)
    record_of(None, cost="8", days_ago=4)
    record_of(bob, cost="16", days_ago=8)
    found = shown()
    assert found.totals.cost == 15
    assert {key: each.totals.cost for key, each in found.models.items()} == {
        "claude-sonnet-5-5": 13,
        "claude-opus-5-5": 2,
    }
    assert {key: each.cost for key, each in found.users.items()} == {alice.pk: 3, bob.pk: 4, None: 8}
    assert found.people == 2
    groups = {key: each.cost for key, each in by_group(found.users).items()}
    assert groups == {staff.pk: 3, crew.pk: 3, None: 12}
    days = [sum(each.cost for each in day.models.values()) for day in found.days.values()]
    assert days == [8, 6, 1]


def test_who_changes_the_group_takes_the_figures_along(alice, shown):
    record_of(alice, cost="1", days_ago=2)
    assert by_group(shown().users).keys() == {None}
    group = Group.objects.create(name="Staff")
    alice.groups.add(group)
    assert by_group(shown().users).keys() == {group.pk}


def test_ends_and_errors_are_those_of_answers(alice, shown):
    record_of(alice)
    record_of(alice, end="stopped", days_ago=1)
    record_of(alice, end="failed", error_code="overloaded", days_ago=1)
    record_of(alice, end="failed", error_code="overloaded")
    record_of(alice, end="failed", error_code="timeout", purpose="title")
    found = shown()
    assert found.ends == {"complete": 1, "stopped": 1, "failed": 2}
    assert found.errors == {"overloaded": 2}
    assert found.totals.calls == 5


def test_how_fast_answers_are_is_told_by_percentiles_of_all_days(alice, shown):
    for number in range(1, 101):
        # 0.1 to 10 s until the first token; then 100 tokens in 1 to 100 s.
        first = number / 10
        record_of(
            alice,
            days_ago=number % 3,
            first_token_seconds=first,
            seconds=first + number,
            output_tokens=100,
        )
    found = shown()
    assert percentile(found.first_token, 50) == pytest.approx(5, rel=0.016)
    assert percentile(found.first_token, 95) == pytest.approx(9.5, rel=0.016)
    assert percentile(found.speed, 50) == pytest.approx(2, rel=0.03)  # the slower ones are the lower half
    assert sum(found.first_token.values()) == sum(found.speed.values()) == 100


@pytest.mark.parametrize(
    "fields",
    [
        {"output_tokens": 15},
        {"seconds": 0.45},
        {"end": "stopped"},
        {"purpose": "title"},
        {"first_token_seconds": None},
        {"seconds": None},
    ],
)
def test_what_says_nothing_of_the_speed_is_left_out(alice, shown, fields):
    record_of(alice, output_tokens=100)
    record_of(alice, **{"output_tokens": 100, **fields})
    assert sum(shown().speed.values()) == 1


def test_the_golden_table_comes_to_the_same_in_every_sum(alice, bob):
    for number, golden in enumerate(TABLE):
        recorded((alice, bob)[number % 2], golden)
    whole = sum((golden.cost for golden in TABLE if golden.cost), Decimal(0))
    last = max(golden.moment for golden in TABLE).date()
    span = Span(date(2026, 1, 1), last)
    for now in (timezone.now(), datetime(2027, 6, 1, tzinfo=UTC)):  # partly live, and all from rollups
        found = figures(span, max(now, datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)))
        assert found.totals == reports.totals(UsageRecord.objects.all())
        assert found.totals.cost == whole
        assert sum(each.cost for each in found.users.values()) == whole
        assert sum(each.cost for day in found.days.values() for each in day.models.values()) == whole


def test_nothing_comes_to_nothing(db, shown):
    found = shown()
    assert (found.totals.calls, found.saved, found.people, found.days) == (0, 0, 0, {})


def test_a_span_to_come_is_empty(alice):
    record_of(alice)
    assert figures(Span(date(2900, 1, 1), date(2999, 12, 31)), timezone.now()).totals.calls == 0


def test_a_span_before_the_first_call_is_empty(alice):
    record_of(alice, days_ago=2)
    assert figures(Span(date(2020, 2, 1), date(2020, 2, 29)), timezone.now()).totals.calls == 0


def test_all_of_time_is_read_from_the_first_call_on(alice):
    record_of(alice, days_ago=2)
    every = Span(date(2000, 1, 1), date(2999, 12, 31))
    figures(every, timezone.now())
    with CaptureQueriesContext(connection) as few:
        assert figures(every, timezone.now()).totals.calls == 1
    assert len(few) < 30


def test_the_number_of_queries_does_not_grow_with_the_rows(alice, bob, week):
    record_of(alice, days_ago=2)
    figures(week, timezone.now())
    with CaptureQueriesContext(connection) as few:
        figures(week, timezone.now())
    for number in range(30):
        record_of(bob, days_ago=number % 7, model_asked=f"claude-{number}", end="failed", error_code=f"error-{number}")
    figures(week, timezone.now())
    with CaptureQueriesContext(connection) as many:
        figures(week, timezone.now())
    assert len(many) == len(few)
