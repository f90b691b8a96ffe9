"""The hours of a day: together they are the day, by the clock of the site."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from chat.models import UsageRecord
from chat.reports import Totals
from chat.reports.figures import figures
from chat.reports.histogram import together
from chat.reports.hours import hours
from chat.reports.spans import Span, hours_of
from tests.spending import record_of

pytestmark = pytest.mark.django_db
DAY = Span(date(2026, 10, 25), date(2026, 10, 25))


def called(user, *moment, **fields):
    record = record_of(user, **fields)
    UsageRecord.objects.filter(pk=record.pk).update(started_at=datetime(*moment, tzinfo=UTC))


def test_together_they_are_the_day(alice):
    called(alice, 2026, 10, 25, 0, cost="1")
    called(alice, 2026, 10, 25, 9, 59, 59, cost="2", model_asked="claude-opus-5-5")
    called(alice, 2026, 10, 25, 9, cost="4", purpose="title")
    called(alice, 2026, 10, 25, 23, 59, 59, cost=None)
    called(alice, 2026, 10, 24, 23, 59, 59, cost="100")
    called(alice, 2026, 10, 26, cost="100")
    found = hours(DAY.intervals[0])
    assert {hour: sum(day.models.values(), Totals()).calls for hour, day in found.items()} == {0: 1, 9: 2, 23: 1}
    whole = figures(DAY, timezone.now())
    assert sum((totals for day in found.values() for totals in day.models.values()), Totals()) == whole.totals
    assert together(day.first_token for day in found.values()) == whole.first_token
    assert together(day.speed for day in found.values()) == whole.speed


def test_they_are_those_of_the_site_s_clock_and_the_hour_that_it_shows_twice_is_one(alice, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    for hour in (0, 1, 2):  # summer time ends at one o'clock UTC: 2:00, 2:00 again, 3:00
        called(alice, 2026, 10, 25, hour, 30, cost="1")
    found = hours(DAY.intervals[0])
    assert {hour: day.models["claude-sonnet-5-5"].cost for hour, day in found.items()} == {2: 2, 3: 1}


HOUR = timedelta(hours=1)
BACK, FORWARD, WHOLE, SUMMER = date(2026, 10, 25), date(2026, 3, 29), date(2026, 6, 1), date(2026, 4, 5)


@pytest.mark.parametrize(
    ("zone", "day", "other"),
    [
        ("UTC", WHOLE, {}),
        ("Asia/Kathmandu", WHOLE, {}),
        ("Europe/Berlin", BACK, {2: 2}),
        ("Europe/Berlin", FORWARD, {2: 0}),
        ("Africa/Cairo", date(2026, 4, 24), {0: 0}),
        ("America/Havana", date(2026, 11, 1), {0: 2}),
        ("America/Asuncion", date(2023, 3, 25), {23: 2}),
        ("Australia/Lord_Howe", SUMMER, {1: 1.5}),
        ("Australia/Lord_Howe", date(2026, 10, 4), {2: 0.5}),
        ("Antarctica/Troll", FORWARD, {1: 0, 2: 0}),
    ],
)
def test_the_hours_of_a_clock_are_together_its_day(settings, zone, day, other):
    settings.TIME_ZONE = zone
    found = hours_of(day)
    assert [(each.end - each.begin) / HOUR for each in found] == [other.get(hour, 1) for hour in range(24)]
    assert [found[0].begin, found[-1].end] == [*Span(day, day).intervals[0]]
    assert [each.end for each in found[:-1]] == [each.begin for each in found[1:]]
    for hour, each in enumerate(found):
        if each.begin < each.end:
            assert each.begin.astimezone(timezone.get_default_timezone()).hour == hour
