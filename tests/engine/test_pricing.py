"""What tokens cost: the shipped catalogue against figures worked out by hand."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.pricing import FACTORS, RATES, Price, Rates, price_for
from chat.engine.usage import Terms, Usage

CATALOGUE = Path(__file__).parents[2] / "chat" / "models" / "catalogue.json"
TODAY = datetime(2026, 11, 21, tzinfo=UTC)


def shipped(entry: dict[str, Any]) -> Price:
    rates = {name: Decimal(entry[name]) for name in RATES if name in entry}
    factors = {name: entry[name] and Decimal(entry[name]) for name in FACTORS if name in entry}
    factors = {"us_factor": Decimal("1.1"), "batch_factor": Decimal("0.5"), **factors}
    start = datetime.fromisoformat(entry["valid_from"]).replace(tzinfo=UTC)
    return Price(valid_from=start, prompt_over=entry.get("prompt_over", 0), **rates, **factors)


PRICES = {model["id"]: [shipped(entry) for entry in model["prices"]] for model in json.loads(CATALOGUE.read_text())}

# 1,234 input, 567 output, 1,000 written for 5 minutes, 2,000 for an hour, 10,000 read: 14,234 tokens of prompt.
USAGE = Usage(input=1_234, output=567, cache_write_5m=1_000, cache_write_1h=2_000, cache_read=10_000, thinking=400)
# By hand, in millionths of a dollar: 1,234 i + 567 o + 1,000 w5 + 2,000 w1 + 10,000 r.
GOLDEN = {
    "claude-fable-5-2": "76552",  # 9,872 + 22,680 + 10,000 + 32,000 + 2,000
    "claude-mythos-5-2": "76552",
    "claude-fable-5-1": "95690",  # 12,340 + 28,350 + 12,500 + 40,000 + 2,500
    "claude-mythos-5-1": "95690",
    "claude-fable-5": "103190",  # 12,340 + 28,350 + 12,500 + 40,000 + 10,000
    "claude-mythos-5": "103190",
    "claude-opus-5-5": "39276",  # 4,936 + 11,340 + 5,000 + 16,000 + 2,000
    "claude-opus-5": "51595",  # 6,170 + 14,175 + 6,250 + 20,000 + 5,000
    "claude-opus-4-8": "51595",
    "claude-opus-4-7": "51595",
    "claude-opus-4-6": "51595",
    "claude-opus-4-5": "51595",
    "claude-sonnet-5-5": "19638",  # 2,468 + 5,670 + 2,500 + 8,000 + 1,000
    "claude-sonnet-5": "20638",  # 2,468 + 5,670 + 2,500 + 8,000 + 2,000
    "claude-sonnet-4-6": "30957",  # 3,702 + 8,505 + 3,750 + 12,000 + 3,000
    "claude-sonnet-4-5": "30957",
    "claude-haiku-5-5": "1031.9",  # 123.4 + 283.5 + 125 + 400 + 100
    "claude-haiku-4-5": "10319",  # 1,234 + 2,835 + 1,250 + 4,000 + 1,000
}


def cost(model: str, usage: Usage, at: datetime = TODAY) -> Decimal | None:
    price = price_for(PRICES.get(model, []), at=at, prompt=usage.prompt)
    return price and price.cost(usage)


@pytest.mark.parametrize(("model", "millionths"), GOLDEN.items())
def test_a_call_costs_what_was_worked_out_by_hand(model: str, millionths: str) -> None:
    assert cost(model, USAGE) == Decimal(millionths) / 1_000_000


def test_every_shipped_model_has_a_golden_figure() -> None:
    assert set(PRICES) == set(GOLDEN)


@pytest.mark.parametrize(
    ("prompt", "millionths"),
    [
        (Usage(input=100_000, output=1_000), "10500"),  # 10,000 + 500
        (Usage(input=100_001, output=1_000), "52500.5"),  # 50,000.5 + 2,500: for every token of the call
        (Usage(input=1, cache_read=99_999, output=1_000), "1500.09"),  # 0.1 + 999.99 + 500
        (Usage(input=1, cache_read=100_000, output=1_000), "7500.5"),  # 0.5 + 5,000 + 2,500
        (Usage(cache_write_5m=60_000, cache_write_1h=40_001), "77501"),  # 37,500 + 40,001
        (Usage(input=100_000, output=500_000), "260000"),  # the output does not count: 10,000 + 250,000
    ],
)
def test_haiku_costs_more_for_a_prompt_of_over_100_000_tokens(prompt: Usage, millionths: str) -> None:
    assert cost("claude-haiku-5-5", prompt) == Decimal(millionths) / 1_000_000


@pytest.mark.parametrize(
    ("at", "millionths"),
    [
        (datetime(2026, 10, 6, 23, 59, 59, 999_999, tzinfo=UTC), "200000"),
        (datetime(2026, 10, 7, tzinfo=UTC), "100000"),
        (TODAY, "100000"),
    ],
)
def test_a_cache_read_of_sonnet_became_cheaper_in_october(at: datetime, millionths: str) -> None:
    assert cost("claude-sonnet-5-5", Usage(cache_read=1_000_000), at) == Decimal(millionths) / 1_000_000


def test_before_its_first_price_a_model_has_none() -> None:
    assert cost("claude-sonnet-5-5", USAGE, datetime(2026, 9, 27, 23, 59, tzinfo=UTC)) is None


def test_an_unknown_model_has_no_price_and_not_a_price_of_zero() -> None:
    assert cost("claude-next-9", USAGE) is None


def test_a_model_with_a_band_only_has_no_price_below_it() -> None:
    bands = [price for price in PRICES["claude-haiku-5-5"] if price.prompt_over]
    assert price_for(bands, at=TODAY, prompt=100_000) is None


def test_the_order_of_the_prices_does_not_matter() -> None:
    for prices in PRICES.values():
        for prompt in (0, 100_000, 100_001):
            assert price_for(prices, at=TODAY, prompt=prompt) is price_for(prices[::-1], at=TODAY, prompt=prompt)


@pytest.mark.parametrize(("prompt", "over"), [(0, 0), (10, 0), (11, 10), (20, 10), (21, 20), (10**6, 20)])
def test_the_highest_band_that_is_exceeded_holds(prompt: int, over: int) -> None:
    bands = [replace(PRICES["claude-haiku-5-5"][0], valid_from=TODAY, prompt_over=each) for each in (20, 0, 10)]
    price = price_for([*PRICES["claude-haiku-5-5"], *bands], at=TODAY, prompt=prompt)
    assert price is not None
    assert price.prompt_over == over


def test_ten_dollars_for_a_thousand_searches() -> None:
    assert cost("claude-sonnet-5-5", Usage(web_searches=3)) == Decimal("0.03")


@pytest.mark.parametrize(
    ("model", "terms", "input_rate", "cache_read"),
    [
        ("claude-opus-5-5", Terms(), "4", "0.20"),
        ("claude-opus-5-5", Terms("global", "standard", "standard"), "4", "0.20"),
        ("claude-opus-5-5", Terms("not_available", "", "priority"), "4", "0.20"),
        ("claude-opus-5-5", Terms("us"), "4.4", "0.22"),
        ("claude-opus-5-5", Terms("", "fast"), "8", "0.40"),
        ("claude-opus-5-5", Terms("us", "fast"), "8.8", "0.44"),
        ("claude-opus-5-5", Terms("us", "", "batch"), "2.2", "0.11"),
        ("claude-opus-5", Terms("", "fast"), "10", "1"),
        ("claude-haiku-4-5", Terms("", "", "batch"), "0.5", "0.05"),
    ],
)
def test_the_terms_of_a_call_multiply_the_price_of_each_token(model, terms, input_rate, cache_read) -> None:
    rates = PRICES[model][-1].on(terms)
    assert rates is not None
    assert (rates.input, rates.cache_read, rates.web_search) == (Decimal(input_rate), Decimal(cache_read), 10)


@pytest.mark.parametrize(
    ("model", "terms"),
    [
        ("claude-opus-5-5", Terms("moon")),
        ("claude-opus-5-5", Terms("", "", "flex")),
        ("claude-sonnet-5-5", Terms("", "fast")),
        ("claude-haiku-4-5", Terms("us")),
    ],
)
def test_terms_whose_factor_nobody_knows_have_no_price(model, terms) -> None:
    assert PRICES[model][-1].on(terms) is None


def test_rates_are_read_as_they_were_kept() -> None:
    rates = PRICES["claude-haiku-5-5"][1].on(Terms("us"))
    assert rates is not None
    assert Rates.from_json(rates.as_json()) == rates
    before_fetches = {name: rate for name, rate in rates.as_json().items() if name != "web_fetch"}
    assert Rates.from_json(before_fetches) == rates


def test_thinking_costs_nothing_beside_the_output_it_is_part_of() -> None:
    assert cost("claude-sonnet-5-5", Usage(output=100, thinking=100)) == cost("claude-sonnet-5-5", Usage(output=100))


def test_nothing_costs_nothing() -> None:
    assert cost("claude-sonnet-5-5", Usage()) == 0


def test_the_rates_are_kept_as_plain_strings() -> None:
    assert PRICES["claude-fable-5-1"][0].as_json() == {
        "input": "10",
        "output": "50",
        "cache_write_5m": "12.5",
        "cache_write_1h": "20",
        "cache_read": "0.25",
        "web_search": "10",
        "web_fetch": "0",
    }


tokens = st.integers(0, 10**9)
usages = st.builds(Usage, tokens, tokens, tokens, tokens, tokens, tokens, st.integers(0, 1000))


@given(usages, usages, st.sampled_from([price for prices in PRICES.values() for price in prices]))
def test_cost_is_exact(one: Usage, other: Usage, price: Price) -> None:
    assert price.cost(one) + price.cost(other) == price.cost(one + other)
    classes = [("input", one.input), ("output", one.output), ("cache_write_5m", one.cache_write_5m)]
    classes += [("cache_write_1h", one.cache_write_1h), ("cache_read", one.cache_read)]
    # In whole billionths, which every rate of the catalogue is a multiple of.
    parts = sum(int(getattr(price, name) * 1000) * count for name, count in classes)
    parts += int(price.web_search * 1000) * one.web_searches * 1000
    assert price.cost(one) * 10**9 == parts


@given(st.integers(0, 4000), st.integers(0, 200_000))
def test_there_is_one_price_or_none_at_any_time(days: int, prompt: int) -> None:
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days)
    for prices in PRICES.values():
        price = price_for(prices, at=at, prompt=prompt)
        assert (price is None) == (at < min(each.valid_from for each in prices))
        assert price is None or (price.valid_from <= at and (prompt > price.prompt_over or not price.prompt_over))
