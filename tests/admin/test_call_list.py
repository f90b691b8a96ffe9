"""The list of usage records on a big site: from rollups what they know, from the newest calls what they do not."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.utils import timezone

from chat import reports
from chat.admin import call_list, call_search
from chat.models import Budget, UsageRecord
from chat.reports.figures import figures
from chat.reports.spans import Span, day_of
from tests.admin.conftest import column
from tests.spending import conversation_of, record_of

LIST = "/admin/chat/usagerecord/"


@pytest.fixture
def listed(admin):
    """The list as an administrator sees it."""

    def changelist(**query):
        request = RequestFactory().get(LIST, query)
        request.user = admin
        return site._registry[UsageRecord].get_changelist_instance(request)

    return changelist


@pytest.fixture
def readers(alice):
    """A group that Alice is in."""
    group = Group.objects.create(name="Readers")
    alice.groups.add(group)
    return group


@pytest.fixture
def many(alice, bob, readers):
    """Calls of all kinds on seven days, some for an answer of Bob's."""
    chance = random.Random(7)
    answer = conversation_of(bob).messages.get(role="assistant")
    for number in range(90):
        end = chance.choice(["complete", "complete", "stopped", "failed", "open"])
        record_of(
            chance.choice([alice, bob, None]),
            days_ago=chance.randrange(7),
            model_asked=chance.choice(["claude-sonnet-5-5", "claude-opus-5-5", "claude-unheard-of-9"]),
            purpose=chance.choice(["answer", "title"]),
            end=end,
            exactness=chance.choice(["exact", "estimated", "lower_bound"]),
            error_code=chance.choice(["overloaded", "timeout"]) if end == "failed" else "",
            cost=None if end == "open" or chance.random() < 0.2 else str(chance.randrange(9)),
            cache_read_tokens=chance.choice([0, 0, 5_000]),
            output_tokens=chance.choice([0, 50]),
            request_id=f"req_{number:04}",
            message=answer if chance.random() < 0.1 else None,
        )


def budget_of(person, records):
    """A budget in whose current period these calls count."""
    budget = Budget.objects.create(user=person, period="month", amount=5)
    budget.accounts.create(start=timezone.now().date().replace(day=1)).records.set(records)
    return budget


# In the first hour after midnight yesterday is not rolled up yet.
DAYS = {
    "started_at_since": str(timezone.localdate() - timedelta(days=5)),
    "started_at_until": str(timezone.localdate() - timedelta(days=2)),
}


@pytest.mark.parametrize("days", [{}, DAYS])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"language_model": "claude-opus-5-5"},
        {"end__exact": "failed"},
        {"end__exact": "open"},
        {"exactness__exact": "estimated", "purpose__exact": "title"},
        {"price": "priced"},
        {"price": "unpriced"},
        {"price": "nonsense"},
        {"error": "timeout"},
        {"error": "timeout", "language_model": "claude-sonnet-5-5", "price": "priced"},
        {"tokens": "cache_read"},
        {"tokens": "output", "end__exact": "stopped"},
        {"tokens": "cache_write_1h"},
        {"person": "ALICE"},
        {"person": "deleted"},
        {"person_name": "b"},
        {"group": "READERS"},
        {"group": "none"},
        {"group": "READERS", "person_name": "ali"},
        {"group": "READERS", "person_name": "bob"},
        {"q": "alice"},
        {"q": "overloaded"},
        {"q": "overloaded", "person": "ALICE"},
        {"q": "req_00"},
        {"q": "nowhere"},
        {"person": "ALICE", "end__exact": "failed"},
        {"measure": "first_token"},
        {"measure": "speed", "o": "-1", "person": "ALICE"},
        {"budget": "BUDGET"},
        {"budget": "BUDGET", "end__exact": "stopped"},
        {"group": "none", "purpose__exact": "answer"},
    ],
    ids=urlencode,
)
def test_what_it_says_of_all_is_what_its_rows_come_to(listed, many, alice, readers, query, days):
    known = {"ALICE": alice.pk, "READERS": readers.pk, "BUDGET": budget_of(alice, alice.usage_records.all()[:9]).pk}
    found = listed(**{name: known.get(value, value) for name, value in query.items()}, **days)
    assert found.totals == reports.totals(found.queryset)
    assert found.result_count == found.totals.calls == found.queryset.count()


def test_what_rollups_know_is_not_read_from_the_records(listed, many, alice, readers):
    """Whatever the dashboard leads to."""
    ways = [{}, {"language_model": "claude-opus-5-5"}, {"person": alice.pk}, {"person": "deleted"}, {"group": "none"}]
    ways += [{"group": readers.pk}, {"tokens": "cache_read"}, {"price": "unpriced"}]
    ways += [{"end__exact": "failed", "purpose__exact": "answer"}, {"error": "timeout", "purpose__exact": "answer"}]
    before = [listed(**way, **DAYS).totals for way in ways]
    UsageRecord.objects.update(output_tokens=10**6)  # behind the ledger's back
    assert [listed(**way, **DAYS).totals for way in ways] == before


def test_what_nobody_added_up_is_looked_for_among_the_newest_calls(office, readers, alice, bob, monkeypatch):
    monkeypatch.setattr(call_list, "REACH", 4)
    for days in range(6):
        record_of(alice if days % 2 else bob, days_ago=days, end="stopped", cost=str(days))
    page = office.get(LIST, {"group": readers.pk, "end__exact": "stopped"})
    assert column(page, "charged") == ["$1.00", "$3.00"]
    assert "Calls</dt><dd>2</dd>" in page.content.decode()
    assert "among the newest 4 calls, since" in page.content.decode()
    export = office.get(f"{LIST}export.csv", {"group": readers.pk, "end__exact": "stopped"})
    assert "-3-rows" in export.headers["Content-Disposition"]
    earlier = {"started_at_until": str(timezone.localdate() - timedelta(days=4))}
    page = office.get(LIST, {"group": readers.pk, "end__exact": "stopped", **earlier})
    assert column(page, "charged") == ["$5.00"]
    assert "among the newest" not in page.content.decode()


def test_of_one_person_it_is_that_person_s_newest(office, alice, bob, monkeypatch):
    monkeypatch.setattr(call_list, "REACH", 2)
    for days in range(3):
        record_of(alice, days_ago=days, end="stopped", cost="7")
        record_of(bob, days_ago=days)
    assert column(office.get(LIST, {"person": alice.pk, "end__exact": "stopped"}), "charged") == ["$7.00"] * 2


@pytest.mark.parametrize("query", [{"end__exact": "complete"}, {"language_model": "claude-sonnet-5-5"}])
def test_the_dearest_of_very_many_that_a_filter_leaves_are_those_of_the_newest(office, alice, monkeypatch, query):
    for days, cost in enumerate(("1", "3", "2", "9")):
        record_of(alice, days_ago=days, cost=cost)
    by_cost = {"o": "-7"}
    assert column(office.get(LIST, {**by_cost, **query}), "charged") == ["$9.00", "$3.00", "$2.00", "$1.00"]
    monkeypatch.setattr(call_list, "REACH", 3)
    assert column(office.get(LIST, {**by_cost, **query}), "charged") == ["$3.00", "$2.00", "$1.00"]
    assert column(office.get(LIST, by_cost), "charged")[0] == "$9.00"


@pytest.mark.parametrize("order", ["", "-7", "7", "0", "-0"])
def test_every_page_goes_on_where_the_one_before_ended(listed, alice, order):
    now = timezone.now()
    for number in range(230):
        record_of(alice, cost=None if number % 7 == 0 else str(number % 5))
    UsageRecord.objects.filter(cost=1).update(started_at=now)
    rows = [row for page in range(1, 6) for row in listed(o=order, p=page).result_list]
    assert len(rows) == len({row.pk for row in rows}) == 230
    key = {"7": _cost, "-7": _cost}.get(order, lambda row: (row.started_at, row.pk))
    assert rows == sorted(rows, key=key, reverse=order in ("", "-7", "-0"))


def _cost(row):
    """Those without a price count more than any on PostgreSQL, less on SQLite; they stay together."""
    from django.db import connection

    none = Decimal("inf") if connection.vendor == "postgresql" else Decimal("-inf")
    return (none if row.cost is None else row.cost, row.pk)


@pytest.mark.parametrize("few", [1, 1_000])
@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("req_a", {"req_a1", "req_a2"}),
        ("req_A", {"req_A3"}),
        ("req_a1", {"req_a1"}),
        ("eq_a1", set()),
        ("req%", {"req%"}),
        ("req_", {"req_a1", "req_a2", "req_A3"}),
        ("req", {"req_a1", "req_a2", "req_A3", "req%"}),
        ("ali", {"req_a1", "req_A3"}),
        ("overloaded", {"req_A3"}),
        ("overload", set()),
        ("😀", set()),
    ],
)
def test_it_finds_requests_by_their_beginning_people_and_errors(listed, alice, bob, monkeypatch, term, found, few):
    monkeypatch.setattr(call_search, "FEW", few)
    record_of(alice, request_id="req_a1")
    record_of(bob, request_id="req_a2")
    record_of(alice, request_id="req_A3", end="failed", error_code="overloaded")
    record_of(bob, request_id="req%")
    assert {row.request_id for row in listed(q=term).result_list} == found


def test_an_old_request_is_found_however_many_calls_there_are(listed, alice, monkeypatch):
    monkeypatch.setattr(call_list, "REACH", 1)
    record_of(alice, request_id="req_old", days_ago=300)
    for _ in range(3):
        record_of(alice, request_id="req_new")
    assert [row.request_id for row in listed(q="req_old").result_list] == ["req_old"]


@pytest.mark.parametrize("hour", range(3))
def test_of_an_hour_it_is_the_calls_that_began_in_it(listed, alice, settings, hour):
    settings.TIME_ZONE = "Europe/Berlin"
    moments = [datetime(2026, 10, 24, 22, tzinfo=UTC) + number * timedelta(minutes=30) for number in range(8)]
    for moment in moments:  # midnight in Berlin; at 3:00 the clock goes back to 2:00
        record = record_of(alice)
        UsageRecord.objects.filter(pk=record.pk).update(started_at=moment)
    found = listed(started_at_since="2026-10-25", started_at_until="2026-10-25", started_at_hour=hour)
    shown = sorted(row.started_at for row in found.result_list)
    assert shown == {0: moments[:2], 1: moments[2:4], 2: moments[4:]}[hour]
    assert found.totals == reports.totals(found.queryset)
    assert found.totals.calls == len(shown)


def test_an_hour_of_a_day_with_very_many_calls_is_looked_for_in_that_hour(listed, alice, monkeypatch):
    monkeypatch.setattr(call_list, "REACH", 2)
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    for minutes in (0, 60, 61, 62):
        record = record_of(alice)
        UsageRecord.objects.filter(pk=record.pk).update(started_at=noon + timedelta(minutes=minutes))
    days = {"started_at_since": "2026-10-25", "started_at_until": "2026-10-25"}
    assert [listed(**days, started_at_hour=hour).totals.calls for hour in (12, 13)] == [1, 2]


@pytest.mark.parametrize("measure", ["first_token", "speed"])
def test_what_a_percentile_is_made_of_is_listed_with_what_was_measured_the_highest_first(office, alice, measure):
    for number in range(4):
        record_of(alice, output_tokens=100 * (number + 1), first_token_seconds=number / 2 or None, seconds=4.5)
    record_of(alice, purpose="title")
    record_of(alice, output_tokens=3, first_token_seconds=None)
    found = figures(Span(*[day_of(timezone.now())] * 2), timezone.now())
    page = office.get(LIST, {"measure": measure, "o": "-1"})
    said = {"first_token": ["1.5 s", "1.0 s", "0.5 s"], "speed": ["133 / s", "86 / s", "50 / s"]}[measure]
    assert column(page, measure) == said
    assert sum(getattr(found, measure).values()) == len(said)
    other = "speed" if measure == "first_token" else "first_token"
    assert column(page, other) == column(page, "made_for") == []
    assert len(column(office.get(LIST), "made_for")) == 6


def test_of_a_budget_the_calls_of_its_current_period_come_to_what_is_spent(office, alice, monkeypatch):
    monkeypatch.setattr(call_list, "REACH", 2)
    budget = budget_of(alice, [record_of(alice, cost=cost) for cost in ("1", "2")])
    for _ in range(3):
        record_of(alice, cost="50")  # newer, and before the budget was made
    page = office.get(LIST, {"budget": budget.pk})
    assert sorted(column(page, "charged")) == ["$1.00", "$2.00"]
    assert "among the newest" not in page.content.decode()
    assert "alice, each month, the current one" in page.content.decode()


def test_of_a_budget_that_nobody_has_used_there_are_none(office, alice):
    record_of(alice)
    budget = Budget.objects.create(amount=5)
    assert column(office.get(LIST, {"budget": budget.pk}), "charged") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"started_at_hour": "24"}, "“24” is no hour."),
        ({"started_at_hour": "²"}, "“²” is no hour."),
        ({"started_at_hour": "7"}, "An hour is one of a single day."),
        ({"started_at_since": "2026-10-25", "started_at_hour": "7"}, "An hour is one of a single day."),
        ({"budget": "4711"}, "There is no such budget."),
        ({"budget": "x"}, "There is no such budget."),
        ({"budget": "9" * 30}, "There is no such budget."),
        ({"measure": "x"}, "a filter that this list does not know"),
        ({"measure": "speed", "o": "-1", "end__exact": "\0"}, "a filter that this list does not know"),
    ],
    ids=str,
)
def test_nonsense_is_told(office, alice, query, sentence):
    record_of(alice)
    page = office.get(LIST, query)
    assert (page.status_code, column(page, "charged")) == (200, [])
    assert sentence in page.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_calls_of_an_hour_a_measure_or_a_budget(queries_of, alice):
    def counted():
        budget.accounts.get().records.add(record_of(alice))
        today = {"started_at_since": timezone.localdate(), "started_at_until": timezone.localdate()}
        ways = [{**today, "started_at_hour": 7}, {"measure": "speed", "o": "-1"}, {"budget": budget.pk}]
        return [queries_of(f"{LIST}?{urlencode(way)}") for way in ways]

    budget = budget_of(alice, [])
    few = counted()
    for _ in range(40):
        record_of(alice)
    assert counted() == few
