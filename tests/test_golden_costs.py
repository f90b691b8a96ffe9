"""The golden table: by the pure arithmetic, by the ledger in the database, and in every report, to the last digit."""

import re
from decimal import Decimal

import pytest
from django.db.models.functions import TruncDate

from chat import audit, ledger, reports
from chat.engine.charge import charge
from chat.engine.pricing import price_for
from chat.models import LanguageModel, Price, UsageRecord
from chat.models.catalogue import alias_of
from tests.golden_costs import EVERY_MODEL, TABLE, Golden

PRODUCT = re.compile(r"([\d.]+)(?:\*([\d.]+))?")


def name_of(golden: Golden) -> str:
    return golden.name


def worked_out(total: str) -> Decimal:
    """The arithmetic that stands beside a cost: products of two numbers, in millionths of a dollar."""
    parts = [PRODUCT.fullmatch(part).groups("1") for part in total.split(" + ")]
    return sum(Decimal(count) * Decimal(rate) for count, rate in parts) / 1_000_000


def recorded(user, golden: Golden) -> UsageRecord:
    """The call as the ledger records it, at its moment."""
    record = ledger.open_call(user_id=user.pk, model=golden.model, **golden.record).record
    UsageRecord.objects.filter(pk=record).update(started_at=golden.moment)
    call = ledger.Call(record, model=golden.answered or golden.model, usage=golden.usage, **golden.call)
    assert ledger.close_call(call, golden.end)
    return UsageRecord.objects.get(pk=record)


def test_the_table_is_long_and_no_row_stands_twice():
    names = [golden.name for golden in TABLE]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("golden", [each for each in TABLE if each.usd is not None], ids=name_of)
def test_each_cost_is_what_its_arithmetic_comes_to(golden):
    assert worked_out(golden.sum) == golden.cost


@pytest.mark.django_db
@pytest.mark.parametrize("golden", TABLE, ids=name_of)
def test_the_engine_and_the_ledger_come_to_the_same(golden, alice):
    def find(model, prompt):
        name = model or golden.answered or golden.model
        prices = [row.value for row in Price.objects.filter(model__in=[name, alias_of(name)])]
        return price_for(prices, at=golden.moment, prompt=prompt)

    charged = charge(golden.usage, find)
    record = recorded(alice, golden)
    assert (charged and charged.cost) == (record.cost if record.billed else charged.cost)
    assert record.cost == golden.cost


@pytest.mark.django_db
def test_the_reports_come_to_the_sum_of_the_table(alice, bob):
    for number, golden in enumerate(TABLE):
        recorded((alice, bob)[number % 2], golden)
    records = UsageRecord.objects.all()
    whole = sum((golden.cost for golden in TABLE if golden.cost), Decimal(0))
    totals = reports.totals(records)
    assert (totals.calls, totals.cost) == (len(TABLE), whole)
    assert totals.unpriced == sum(golden.usd is None for golden in TABLE)
    days = records.annotate(day=TruncDate("started_at"))
    for rows, key in ((records, "user"), (records, "model_asked"), (records, "purpose"), (days, "day")):
        assert sum(part.cost for part in reports.totals_by(rows, key).values()) == whole
    assert reports.totals(records.filter(user=bob)).cost == sum(each.cost or 0 for each in TABLE[1::2])


@pytest.mark.django_db
def test_the_audit_finds_nothing_but_the_unpriced(alice):
    for golden in TABLE:
        recorded(alice, golden)
    UsageRecord.objects.update(ended_at="2026-11-20T00:00:00Z")
    (problem,) = audit.problems(audit.settled())
    unpriced = sum(golden.usd is None for golden in TABLE)
    assert problem.startswith(f"{unpriced} calls")
    assert "without a price" in problem


@pytest.mark.django_db
def test_every_class_of_every_model_on_sale_is_in_the_table():
    assert set(LanguageModel.objects.values_list("pk", flat=True)) == {golden.model for golden in EVERY_MODEL}
