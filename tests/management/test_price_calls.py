"""``manage.py price_calls``: what had no price gets one, once, and says so."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from chat import ledger
from chat.models import LanguageModel, UsageRecord

pytestmark = pytest.mark.django_db
RATES = {"input": "3", "output": "15", "cache_write_5m": "3.75", "cache_write_1h": "6", "cache_read": "0.3"}


def priced(*options):
    """What the command says."""
    said = StringIO()
    call_command("price_calls", *options, stdout=said)
    return said.getvalue()


def unpriced(user, usage, *, days_ago=0, model="m-1", **known):
    """The record of a call of a model that had no price."""
    record = ledger.open_call(user_id=user.pk, model=model).record
    ledger.close_call(ledger.Call(record, model=model, usage=usage, **known), "complete")
    UsageRecord.objects.filter(pk=record).update(started_at=timezone.now() - timedelta(days=days_ago))
    return record


def price_of(model, *, days_ago, **fields):
    """A price of a model, which is made if there is none."""
    row, _ = LanguageModel.objects.get_or_create(id=model, label=model, context_tokens=1, max_output_tokens=1)
    return row.prices.create(valid_from=timezone.now() - timedelta(days=days_ago), **{**RATES, **fields})


def costs():
    return dict(UsageRecord.objects.values_list("pk", "cost"))


def test_a_call_is_priced_by_what_held_when_it_was_made(alice):
    record = unpriced(alice, {"input_tokens": 1_000}, days_ago=5)
    price_of("m-1", days_ago=9)
    price_of("m-1", days_ago=2, input=4)
    assert priced() == "m-1: 1 call priced, $0.003 together.\n"
    kept = UsageRecord.objects.get(pk=record)
    assert (kept.cost, kept.price["input"]) == (Decimal("0.003"), "3")


def test_a_call_before_the_first_price_is_priced_by_that(alice):
    record = unpriced(alice, {"input_tokens": 1_000}, days_ago=5)
    start = price_of("m-1", days_ago=3, input=7).valid_from
    price_of("m-1", days_ago=1)
    said = priced("--verbosity", "2")
    assert f"Call {record}, m-1: $0.007 by the price of {timezone.localtime(start):%Y-%m-%d %H:%M}." in said
    assert costs() == {record: Decimal("0.007")}


def test_a_price_to_come_does_not_count(alice):
    record = unpriced(alice, {"input_tokens": 1_000})
    price_of("m-1", days_ago=-1)
    assert priced() == "1 call left without a price: add it under Language models in the administration.\n"
    assert costs() == {record: None}


def test_terms_whose_factor_came_to_be_known_are_priced(alice):
    price_of("m-1", days_ago=9)
    record = unpriced(alice, {"input_tokens": 1_000, "speed": "fast"}, days_ago=5)
    assert "1 call left" in priced()
    price_of("m-1", days_ago=1, fast_factor=2)
    priced()
    assert costs() == {record: Decimal("0.006")}


def test_a_dry_run_says_the_same_and_changes_nothing(alice):
    records = [unpriced(alice, {"input_tokens": 1_000}), unpriced(alice, {"input_tokens": 2_000})]
    other = unpriced(alice, {"input_tokens": 1}, model="m-2")
    price_of("m-1", days_ago=1)
    assert priced("--dry-run").splitlines() == [
        "m-1: 2 calls would be priced, $0.009 together.",
        "1 call left without a price: add it under Language models in the administration.",
    ]
    assert costs() == dict.fromkeys([*records, other])


def test_a_second_time_there_is_nothing_to_do(alice):
    unpriced(alice, {"input_tokens": 1_000})
    price_of("m-1", days_ago=1)
    priced()
    before = costs()
    assert priced() == "Every call has its price.\n"
    assert costs() == before


def test_what_has_a_cost_or_is_still_open_is_not_touched(alice):
    price_of("m-1", days_ago=9)
    charged = unpriced(alice, {"input_tokens": 1_000})
    running = ledger.open_call(user_id=alice.pk, model="m-1").record
    price_of("m-1", days_ago=1, input=99)
    assert priced() == "Every call has its price.\n"
    assert costs() == {charged: Decimal("0.003"), running: None}


def test_a_refusal_that_is_not_billed_stays_free(alice):
    record = unpriced(alice, {"input_tokens": 1_000}, billed=False)
    price_of("m-1", days_ago=1)
    assert priced() == "m-1: 1 call priced, $0 together.\n"
    assert costs() == {record: 0}
