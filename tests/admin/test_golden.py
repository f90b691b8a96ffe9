"""The golden table wherever an administrator sees money: rows, report, dashboard and exports, to the last digit."""

import csv
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.db.models.functions import TruncDate
from django.utils import timezone

from chat import reports
from chat.models import RolledDay, UsageRecord
from chat.reports.figures import by_group
from chat.reports.spans import day_of
from chat.templatetags.figures import money
from tests.golden_costs import TABLE
from tests.test_golden_costs import recorded

LIST = "/admin/chat/usagerecord/"
WHOLE = sum((golden.cost for golden in TABLE if golden.cost), Decimal(0))
UNPRICED = sum(golden.usd is None for golden in TABLE)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(alice, bob):
    """Every call of the table, of two people in turn, one of them in a group."""
    alice.groups.add(Group.objects.create(name="Crew"))
    for number, golden in enumerate(TABLE):
        recorded((alice, bob)[number % 2], golden)


@pytest.fixture
def dashboard(office):
    """What the dashboard shows of all the days of the table."""

    def page():
        days = sorted(golden.moment.date() for golden in TABLE)
        return office.get("/admin/", {"from": f"{days[0]}", "to": f"{days[-1]}"}).context["page"]

    return page


def test_rows_report_dashboard_and_exports_come_to_the_same(table, office, dashboard, monkeypatch):
    records = UsageRecord.objects.all()
    assert sum(each.cost for each in records if each.cost is not None) == WHOLE
    report = reports.totals(records)
    assert (report.calls, report.unpriced, report.cost) == (len(TABLE), UNPRICED, WHOLE)
    _is_shown(dashboard(), report)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=2))
    _is_shown(dashboard(), report)
    days = {day_of(golden.moment) for golden in TABLE}
    assert days <= {day_of(rolled.begin) for rolled in RolledDay.objects.filter(stale=False)}
    for suffix in ("csv", "jsonl"):
        _is_exported(_rows(office.get(f"{LIST}export.{suffix}"), suffix), report)


def _is_shown(page, report):
    """In its tile, in every chart, and in what is behind them."""
    found = page.found
    assert found.totals == report
    assert page.tiles[0].value == money(WHOLE, report.exactness)
    assert sum(each.cost for each in found.users.values()) == WHOLE
    assert sum(each.cost for each in by_group(found.users).values()) == WHOLE
    by_day = reports.totals_by(UsageRecord.objects.annotate(day=TruncDate("started_at")), "day")
    shown = {day: sum(each.cost for each in found.models.values()) for day, found in found.days.items()}
    assert {day: cost for day, cost in shown.items() if cost} == {
        day: totals.cost for day, totals in by_day.items() if totals.cost
    }


def _rows(response, suffix):
    text = async_to_sync(_whole)(response).decode()
    return list(csv.DictReader(text.splitlines())) if suffix == "csv" else [*map(json.loads, text.splitlines())]


async def _whole(response):
    return b"".join([piece async for piece in response])


def _is_exported(rows, report):
    assert len(rows) == report.calls
    assert sum(Decimal(row["cost_usd"]) for row in rows if row["cost_usd"]) == WHOLE
    assert sum(row["cost_usd"] in ("", None) for row in rows) == report.unpriced
    for name in ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"):
        assert sum(int(row[f"{name}_tokens"]) for row in rows) == getattr(report.usage, name)
