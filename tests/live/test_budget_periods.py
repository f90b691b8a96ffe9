"""A day, a week or a month that changes in mid-answer, in the time zone of whoever asked: the answer counts once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat.models import Budget, UsageRecord
from tests.live.processes import directed
from tests.live.test_budgets import in_order, untitled  # noqa: F401 - a fixture
from tests.tabs import Tab, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("untitled")]

AUCKLAND, LOS_ANGELES = "Pacific/Auckland", "America/Los_Angeles"
PERIODS = ("day", "week", "month")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(monkeypatch):
    """Puts the clock of the service to a moment, from which it goes on."""
    real = timezone.now

    def put(moment):
        ahead = moment - real()
        monkeypatch.setattr(timezone, "now", lambda: real() + ahead)

    return put


async def asked(tab, clock, text, *, until=None):
    """Ask, put the clock to a moment in the middle of the answer, and wait for the end; gives the record."""
    turn = (await tab.ask(text))["turn"]
    await tab.read(turn, 20)
    if until:
        clock(until)
    await tab.see("ended", turn=turn)
    return await UsageRecord.objects.aget(message=turn)


@pytest.mark.parametrize(
    ("zone", "change", "before", "after"),
    [
        pytest.param("", "2026-12-01T00:00Z", ("11-30", "11-30", "11-01"), ("12-01", "11-30", "12-01"), id="UTC"),
        pytest.param(
            # Still the 31st in UTC, and that day is a Saturday.
            AUCKLAND,
            "2026-10-31T11:00Z",
            ("10-31", "10-26", "10-01"),
            ("11-01", "10-26", "11-01"),
            id="month in Auckland",
        ),
        pytest.param(
            # The first of November in UTC for seven hours; that day will have 25.
            LOS_ANGELES,
            "2026-11-01T07:00Z",
            ("10-31", "10-26", "10-01"),
            ("11-01", "10-26", "11-01"),
            id="month in Los Angeles",
        ),
        pytest.param(
            LOS_ANGELES,
            "2026-11-02T08:00Z",
            ("11-01", "10-26", "11-01"),
            ("11-02", "11-02", "11-01"),
            id="a day of 25 hours in Los Angeles",
        ),
        pytest.param(
            LOS_ANGELES,
            "2027-03-15T07:00Z",
            ("03-14", "03-08", "03-01"),
            ("03-15", "03-15", "03-01"),
            id="a day of 23 hours in Los Angeles",
        ),
        pytest.param(
            AUCKLAND,
            "2027-04-04T12:00Z",
            ("04-04", "03-29", "04-01"),
            ("04-05", "04-05", "04-01"),
            id="a day of 25 hours in Auckland",
        ),
    ],
)
async def test_an_answer_counts_once_where_it_began_and_the_next_in_the_new_period(
    alice, upstream, clock, zone, change, before, after
):
    alice.timezone = zone
    await alice.asave()
    budgets = [await Budget.objects.acreate(user=alice, amount=1, period=period) for period in PERIODS]
    midnight = datetime.fromisoformat(change)
    clock(midnight - MINUTE)
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        first = await asked(tab, clock, directed(tokens=200, speed=200), until=midnight + MINUTE)
        assert first.started_at < midnight < first.ended_at
        told = await tab.see("spending")
        still = [first.cost if new == old else Decimal(0) for new, old in zip(after, before, strict=True)]
        assert [Decimal(told[name]) for name in ("today", "month")] == [still[0], still[2]]
        assert [Decimal(each["spent"]) for each in told["budgets"]] == still
        second = await asked(tab, clock, directed(tokens=5))
    for budget, old, new in zip(budgets, before, after, strict=True):
        held = {each.start: each async for each in budget.accounts.all()}
        assert not any(each.reserved for each in held.values())
        assert {each.start async for each in first.accounts.filter(budget=budget)} == {day(old, midnight)}
        assert {each.start async for each in second.accounts.filter(budget=budget)} == {day(new, midnight)}
        assert sum(each.spent for each in held.values()) == first.cost + second.cost
    await in_order()


def day(text, moment):
    """A day of the year of that moment, as ``11-30``."""
    return date.fromisoformat(f"{moment.astimezone(UTC).year}-{text}")
