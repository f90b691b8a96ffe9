"""Spans of days: the usual ones, any from-to, the one before; and what makes no sense."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from chat.reports.buckets import buckets, label
from chat.reports.spans import Span, asked, day_of, midnight_of, usual

TODAY = date(2026, 11, 21)


def span(first, last):
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("7-days", "2026-11-15", "2026-11-21"),
        ("30-days", "2026-10-23", "2026-11-21"),
        ("this-month", "2026-11-01", "2026-11-21"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("year", "2025-11-22", "2026-11-21"),
    ],
)
def test_the_usual_ranges(name, first, last):
    assert asked({"range": name}, TODAY) == (span(first, last), "")


def test_without_a_word_it_is_the_last_30_days():
    assert asked({}, TODAY) == (usual(TODAY)["30-days"][1], "")


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"from": "2026-01-02", "to": "2026-03-04"}, "2026-01-02", "2026-03-04"),
        ({"from": "2026-01-02"}, "2026-01-02", "2026-11-21"),
        ({"to": "2026-01-02"}, "2026-01-02", "2026-01-02"),
        ({"from": "2000-01-01", "to": "2999-12-31"}, "2000-01-01", "2999-12-31"),
    ],
)
def test_any_days_from_and_to(given, first, last):
    assert asked(given, TODAY) == (span(first, last), "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"from": "2026-03-04", "to": "2026-01-02"}, "ends on 2026-01-02, before it begins on 2026-03-04"),
        ({"from": "yesterday"}, "A day is written like 2026-11-21"),
        ({"to": "2026-02-30"}, "A day is written like 2026-11-21"),
        ({"from": "0000-01-01"}, "A day is written like 2026-11-21"),
        ({"from": "0001-01-01"}, "Choose days from 2000 to 2999"),
        ({"from": "2026-01-01", "to": "9999-12-31"}, "Choose days from 2000 to 2999"),
        ({"from": "9999-12-31", "to": "0001-01-01"}, "Choose days from 2000 to 2999"),
        ({"from": "2026-01-01\x00"}, "A day is written like 2026-11-21"),
        ({"from": "１２３" * 1000}, "A day is written like 2026-11-21"),
        ({"range": "for ever"}, "There is no such range"),
    ],
)
def test_what_makes_no_sense_is_said_and_the_last_30_days_are_shown(given, sentence):
    found, said = asked(given, TODAY)
    assert found == usual(TODAY)["30-days"][1]
    assert sentence in said
    assert said.endswith("The last 30 days are shown instead.")


def test_a_day_begins_at_midnight_of_the_site(settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    today = day_of(datetime(2026, 11, 21, 12, 30, tzinfo=UTC))
    assert (today, midnight_of(today)) == (date(2026, 11, 22), datetime(2026, 11, 21, 11, 0, tzinfo=UTC))


def test_a_day_of_23_or_25_hours_is_one_day(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)):
        ((begin, end),) = span(day, day).intervals
        assert end - begin == timedelta(hours=hours)


def test_a_day_that_has_no_midnight_begins_at_one(settings):
    settings.TIME_ZONE = "America/Santiago"  # the clocks went forward at midnight, into 6 September
    before, day = span("2026-09-05", "2026-09-06").intervals
    assert (day.end - day.begin, before.end) == (timedelta(hours=23), day.begin)


def test_the_span_before_is_equally_long():
    now = datetime(2027, 5, 1, tzinfo=UTC)
    assert span("2026-10-01", "2026-10-31").before(now) == span("2026-08-31", "2026-09-30")
    assert span("2000-01-05", "2026-10-31").before(now) is None


def test_before_a_span_that_is_not_over_it_ends_at_the_same_time_of_day():
    now = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    before = span("2026-11-20", "2026-11-22").before(now)
    assert (before.first, before.last) == (date(2026, 11, 17), date(2026, 11, 18))
    assert before.intervals[-1].end == datetime(2026, 11, 18, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "unit", "count"),
    [
        ("2026-11-20", "2026-11-21", "day", 2),
        ("2026-08-22", "2026-11-21", "day", 92),
        ("2026-08-21", "2026-11-21", "week", 14),
        ("2025-11-22", "2026-11-21", "week", 53),
        ("2024-11-22", "2026-11-21", "month", 25),
    ],
)
def test_a_longer_span_has_longer_places(first, last, unit, count):
    found, places = buckets(span(first, last))
    assert (found, len(places)) == (unit, count)
    assert (places[0].first.isoformat(), places[-1].last.isoformat()) == (first, last)
    for one, other in pairwise(places):
        assert other.first - one.last == timedelta(days=1)


def test_a_single_day_has_hours():
    unit, places = buckets(span("2026-11-21", "2026-11-21"))
    assert (unit, len(places)) == ("hour", 24)
    assert places[9].title == "Sat 21 November 2026, 09:00 to 10:00"
    assert label(places[9], unit) == "09:00"
