"""The most that a call can cost: never less than what it is charged."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.ceiling import Ceiling, Size
from chat.engine.charge import charge
from chat.engine.pricing import Price

PRICE = Price(
    input=Decimal(2),
    output=Decimal(10),
    cache_write_5m=Decimal("2.5"),
    cache_write_1h=Decimal(4),
    cache_read=Decimal("0.1"),
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    us_factor=Decimal("1.1"),
)
CEILING = Ceiling(Decimal("0.01"), Decimal("0.00001"))


def test_the_prompt_counts_as_written_to_the_cache_in_the_dearest_region():
    ceiling = Ceiling.of(PRICE, 1_000_000)
    assert (ceiling.sent, ceiling.token * 1_000_000) == (Decimal("2.75"), Decimal(11))
    assert ceiling.cost(100_000) == Decimal("3.85")


def test_a_region_that_has_no_price_costs_no_more():
    assert Ceiling.of(Price.of(_Without(PRICE)), 1_000_000).sent == Decimal("2.5")


class _Without:
    """A price without a factor for the region."""

    us_factor = None

    def __init__(self, price):
        self._price = price

    def __getattr__(self, name):
        return getattr(self._price, name)


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**6), st.sampled_from(["us", "global", None]))
def test_no_call_within_its_size_is_charged_more(prompt, output, cached, region):
    ceiling = Ceiling.of(PRICE, prompt)
    usage = {
        "input_tokens": max(prompt - cached, 0),
        "cache_creation_input_tokens": min(prompt, cached),
        "output_tokens": output,
        "inference_geo": region,
    }
    assert charge(usage, lambda model, size: PRICE).cost <= ceiling.cost(output)


def test_a_count_is_taken_for_a_twentieth_too_low():
    assert (Size.counted(0, 5), Size.counted(1, 5), Size.counted(1_000, 5)) == ((0, 5), (2, 5), (1_050, 5))


@pytest.mark.parametrize(
    ("amount", "tokens"),
    [("-1", 0), ("0.009", 0), ("0.01", 0), ("0.010019", 1), ("0.02", 1_000), ("1", 5_000)],
)
def test_an_answer_is_as_long_as_an_amount_allows(amount, tokens):
    assert CEILING.affordable(Decimal(amount), 5_000) == tokens


def test_what_costs_nothing_is_affordable_with_nothing():
    assert Ceiling(Decimal(0), Decimal(0)).affordable(Decimal(0), 5_000) == 5_000
