"""Rollups are the records, whatever is written, by whomever, and in whichever time zone."""

import random
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chat import ledger, reports
from chat.engine.usage import Usage
from chat.models import LanguageModel, RolledDay, Rollup, Slice, UsageRecord, User
from chat.reports import rollups
from chat.reports.figures import figures
from chat.reports.spans import Interval, Span
from tests.spending import record_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK = Span(date(2026, 11, 15), date(2026, 11, 21))
USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 200,
    "cache_read_input_tokens": 4_000,
    "cache_creation_input_tokens": 300,
}


def call_at(moment, user, *, model="claude-sonnet-5-5", end="complete", usage=USAGE, **known):
    """A call as the ledger records it, begun at a moment; still open where ``end`` is."""
    record = ledger.open_call(user_id=user.pk, model=model).record
    UsageRecord.objects.filter(pk=record).update(started_at=moment)
    rollups.mark_stale(moment)  # nobody begins a call in the past
    if end != "open":
        ledger.close_call(ledger.Call(record, model=model, usage=usage, seconds=3.0, **known), end)
    return UsageRecord.objects.get(pk=record)


def assert_true(span=WEEK, now=NOW):
    """What the figures say is what the records say."""
    found = figures(span, now)
    begin, end = span.intervals[0].begin, span.intervals[-1].end
    records = UsageRecord.objects.filter(started_at__gte=begin, started_at__lt=end)
    assert found.totals == reports.totals(records)
    assert {key: each.totals for key, each in found.models.items()} == reports.totals_by(records, "model_asked")
    users = {key: replace(each, usage=Usage()) for key, each in reports.totals_by(records, "user").items()}
    assert found.users == users
    ends = reports.totals_by(records.filter(purpose="answer"), "end")
    assert found.ends == {key: each.calls for key, each in ends.items()}
    assert list(rollups.wrong_days()) == []
    return found


@pytest.fixture(autouse=True)
def in_time(monkeypatch):
    """It is the noon of a Saturday."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_past_days_are_built_once_and_today_and_yesterday_s_last_hour_are_not(alice):
    call_at(NOW, alice)
    call_at(NOW - timedelta(days=1), alice)
    assert_true()
    assert set(RolledDay.objects.values_list("begin__day", flat=True)) == {20}
    just_after_midnight = NOW.replace(hour=0, minute=30)
    RolledDay.objects.all().delete()
    figures(WEEK, just_after_midnight)
    assert not RolledDay.objects.exists()


def test_a_part_of_a_day_is_never_built(alice):
    call_at(NOW - timedelta(days=3), alice)
    noon = NOW - timedelta(days=3)
    assert figures(Span(noon.date(), noon.date(), until=noon), NOW).totals.calls == 0
    assert figures(Span(noon.date(), noon.date(), until=noon + timedelta(seconds=1)), NOW).totals.calls == 1
    assert not RolledDay.objects.filter(stale=False).exists()


def test_a_past_day_is_read_from_its_rollups_alone(alice):
    call_at(NOW - timedelta(days=2), alice)
    assert_true()
    UsageRecord.objects.update(cost=5)  # behind the ledger's back
    # 1,000 * 2 + 200 * 10 + 300 * 2.5 + 4,000 * 0.1 millionths
    assert figures(WEEK, NOW).totals.cost == Decimal("0.00515")


def test_a_call_that_ends_the_day_after_it_began_is_counted_in_its_day(alice):
    record = call_at(NOW - timedelta(days=1), alice, end="open")
    assert assert_true().totals.running == 1
    ledger.close_call(ledger.Call(record.pk, model=record.model_asked, usage=USAGE), "complete")
    found = assert_true()
    assert (found.totals.running, found.totals.calls) == (0, 1)


def test_a_day_that_was_built_too_early_by_a_wrong_clock_is_built_again(alice):
    tomorrow = NOW + timedelta(days=1)
    call_at(NOW, alice)
    figures(WEEK, tomorrow)
    record = ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5").record
    ledger.close_call(ledger.Call(record, model="claude-sonnet-5-5", usage=USAGE), "complete")
    assert_true(now=tomorrow)


def test_a_call_that_is_priced_later_is_counted_with_its_cost(alice):
    call_at(NOW - timedelta(days=3), alice, model="claude-new-7")
    assert assert_true().totals.unpriced == 1
    model = LanguageModel.objects.create(id="claude-new-7", label="New", context_tokens=1, max_output_tokens=1)
    rates = dict.fromkeys(("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"), 1)
    model.prices.create(valid_from=NOW - timedelta(hours=1), **rates)
    assert len(list(ledger.price_unpriced())) == 1
    found = assert_true()
    assert (found.totals.unpriced, found.totals.cost) == (0, Decimal("0.0055"))


def test_what_somebody_spent_who_was_deleted_since_is_nobody_s(alice, bob):
    call_at(NOW - timedelta(days=3), alice)
    call_at(NOW - timedelta(days=3), bob)
    assert_true()
    alice.delete()
    assert set(assert_true().users) == {None, bob.pk}


def test_in_another_time_zone_the_days_are_others(alice, settings):
    for hour in range(72):
        call_at(NOW - timedelta(days=3, hours=hour), alice)
    day = Span(date(2026, 11, 17), date(2026, 11, 17))
    assert assert_true(day).totals.calls == 24
    settings.TIME_ZONE = "Pacific/Auckland"
    assert assert_true(day).totals.calls == 24
    assert RolledDay.objects.filter(stale=False).count() == 2
    call_at(datetime(2026, 11, 16, 12, tzinfo=UTC), alice)  # the 17th there, the 16th here
    assert RolledDay.objects.filter(stale=False).count() == 1
    assert assert_true(day).totals.calls == 25


@pytest.mark.parametrize("seed", range(4))
def test_random_writes_leave_them_true(alice, bob, seed):
    chance = random.Random(seed)
    people = [alice, bob, *(User.objects.create_user(f"person{number}") for number in range(3))]
    still_open = []
    for _ in range(40):
        match chance.randrange(6):
            case 0 | 1 | 2:
                moment = NOW - timedelta(hours=chance.randrange(7 * 24))
                end = chance.choice(["complete", "stopped", "failed", "open"])
                model = chance.choice(["claude-sonnet-5-5", "claude-haiku-5-5", "claude-unheard-of-9"])
                usage = USAGE | {"output_tokens": chance.randrange(1_000)}
                record = call_at(moment, chance.choice(people), model=model, end=end, usage=usage)
                still_open += [record] if end == "open" else []
            case 3 if still_open:
                record = still_open.pop()
                ledger.close_call(ledger.Call(record.pk, model=record.model_asked, usage=USAGE), "interrupted")
            case 4 if len(people) > 1 and chance.random() < 0.3:
                people.pop().delete()
            case _:
                assert_true()
    assert_true()
    rows = Rollup.objects.filter(by="model")
    assert sum(row.calls for row in rows) + reports.totals(today()).calls == UsageRecord.objects.count()


def today():
    return UsageRecord.objects.filter(started_at__gte=NOW.replace(hour=0))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("late", [False, True])
def test_who_writes_a_past_day_and_who_builds_it_wait_for_each_other(alice, late):
    """The writer's transaction is open while the day is built: for the first time, or anew."""
    moment = NOW - timedelta(days=2)
    record = call_at(moment, alice, end="open")
    if late:
        figures(WEEK, NOW)
    written, found = threading.Event(), []

    def build():
        written.wait(5)
        try:
            found.append(figures(WEEK, NOW).totals.cost)
        finally:
            connection.close()

    builder = threading.Thread(target=build)
    builder.start()
    with transaction.atomic():
        ledger.close_call(ledger.Call(record.pk, model=record.model_asked, usage=USAGE), "complete")
        written.set()
        builder.join(0.5)  # what it would need if it did not wait
    builder.join()
    assert_true()


@pytest.mark.django_db(transaction=True)
def test_two_who_build_the_same_day_at_once_build_it_once(alice):
    for number in range(3):
        call_at(NOW - timedelta(days=number), alice)
    found = []

    def build():
        try:
            found.append(figures(WEEK, NOW).totals)
        finally:
            connection.close()

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [reports.totals(UsageRecord.objects.all())] * 4
    assert RolledDay.objects.count() == 2
    assert_true()


def test_a_day_that_is_built_wrongly_is_found(alice):
    call_at(NOW - timedelta(days=2), alice)
    assert_true()
    Rollup.objects.filter(by="user").update(calls=2)
    (day,) = rollups.wrong_days()
    assert day.begin == NOW.replace(day=19, hour=0)


def test_slices_that_are_wrong_are_found(alice):
    call_at(NOW - timedelta(days=2), alice)
    assert_true()
    Slice.objects.update(end="stopped")
    assert len(list(rollups.wrong_days())) == 1


def test_calls_with_and_without_a_price_are_in_slices_of_their_own(alice):
    for cost, read in (("1", 0), (None, 0), ("2", 0), ("4", 50)):
        record_of(alice, cost=cost, cache_read_tokens=read, end="stopped")
    every = rollups.sliced(Interval(NOW - timedelta(days=1), NOW + timedelta(days=1)))
    assert sorted((each.calls, each.unpriced, each.spent, each.sum_cache_read) for each in every) == [
        (1, 0, 4, 50),
        (1, 1, 0, 0),
        (2, 0, 3, 0),
    ]


def test_what_the_cache_saved_is_what_plain_input_would_have_cost_less_what_was_charged(alice):
    record_of(alice, cost="0.1", cache_read_tokens=10_000, cache_write_5m_tokens=1_000, cache_write_1h_tokens=100)
    record_of(alice, cost="0.1", cache_write_1h_tokens=50_000)
    record_of(alice, cost="0", cache_read_tokens=10_000, billed=False)
    # Millionths: 11,100 * 2 - 10,000 * 0.1 - 1,000 * 2.5 - 100 * 4, and 50,000 * (2 - 4); a refusal saves nothing.
    day = Interval(NOW - timedelta(days=1), NOW + timedelta(days=1))
    saved = sum(row.saved for row in rollups.computed(day))
    assert saved == Decimal("0.018300") - Decimal("0.1")
