"""The hours of a day: together they are the day, by the clock of the site."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from chat.models import UsageRecord
from chat.reports import Totals
from chat.reports.figures import figures
from chat.reports.histogram import together
from chat.reports.hours import hours
from chat.reports.spans import Span
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
