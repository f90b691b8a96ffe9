"""Periods: days, weeks and months in a time zone, whatever its clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat.engine.periods import Period, end_of, start_of

BERLIN, AUCKLAND, BEIRUT = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland"), ZoneInfo("Asia/Beirut")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("day", date(2026, 11, 21), datetime(2026, 11, 22, tzinfo=UTC)),
        ("week", date(2026, 11, 16), datetime(2026, 11, 23, tzinfo=UTC)),
        ("month", date(2026, 11, 1), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_lies_in_a_day_a_week_from_monday_on_and_a_month(period, start, end):
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert start_of(Period(period), moment, UTC) == start
    assert end_of(Period(period), start, UTC) == end


def test_a_month_changes_at_midnight_where_it_is_counted():
    moment = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert start_of(Period.MONTH, moment, UTC) == date(2026, 11, 1)
    assert start_of(Period.MONTH, moment, BERLIN) == date(2026, 12, 1)
    assert end_of(Period.MONTH, date(2026, 11, 1), BERLIN) == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("zone", [UTC, BERLIN, AUCKLAND, BEIRUT])
@pytest.mark.parametrize("period", Period)
def test_each_moment_lies_in_one_period_and_the_next_begins_where_it_ends(zone, period):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        start = start_of(period, moment, zone)
        end = end_of(period, start, zone).astimezone(UTC)
        assert moment < end
        assert start_of(period, end - timedelta(seconds=1), zone) == start
        assert start_of(period, end, zone) > start
        moment += timedelta(hours=7)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 9, 27), AUCKLAND, 23),
        (date(2026, 4, 5), AUCKLAND, 25),
    ],
)
def test_a_day_on_which_the_clocks_change_is_one_day(day, zone, hours):
    begin = end_of(Period.DAY, day - timedelta(days=1), zone)
    end = end_of(Period.DAY, day, zone)
    assert (end.astimezone(UTC) - begin.astimezone(UTC)) == timedelta(hours=hours)
    assert start_of(Period.DAY, begin, zone) == day


def test_a_day_begins_at_one_where_there_is_no_midnight():
    end = end_of(Period.DAY, date(2026, 3, 28), BEIRUT)
    assert (end.day, end.hour) == (29, 1)
