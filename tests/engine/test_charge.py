"""What a call is charged, part by part."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.charge import charge, cost_again, saved
from chat.engine.pricing import Price
from chat.engine.usage import LARGEST, Usage


def price(rate: int, *, over: int = 0) -> Price:
    rates = dict.fromkeys(("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"), Decimal(rate))
    return Price(valid_from=datetime(2026, 1, 1, tzinfo=UTC), prompt_over=over, us_factor=Decimal("1.1"), **rates)


def find(model: str, prompt: int) -> Price | None:
    """The model that answered costs 1, above 100 tokens of prompt 5; the one before it 10; others have no price."""
    return {"": price(5) if prompt > 100 else price(1), "before": price(10)}.get(model)


def test_a_call_is_charged_at_one_price() -> None:
    charged = charge({"input_tokens": 90, "output_tokens": 10}, find)
    assert charged is not None
    assert charged.cost == Decimal("0.0001")
    assert charged.price == price(1).as_json()


def test_what_is_kept_is_what_was_charged_factors_applied() -> None:
    charged = charge({"input_tokens": 10, "inference_geo": "us"}, find)
    assert charged is not None
    assert charged.price is not None
    assert (charged.cost, charged.price["input"]) == (Decimal("0.000011"), "1.1")


def test_each_iteration_is_charged_at_the_price_of_its_model_and_of_its_own_prompt() -> None:
    raw = {"iterations": [{"model": "before", "input_tokens": 4}, {"input_tokens": 90}, {"input_tokens": 101}]}
    charged = charge(raw, find)
    assert charged is not None
    assert charged.cost == Decimal("0.000635")  # 4 x 10 + 90 x 1 + 101 x 5 millionths
    assert charged.price == {"iterations": [price(10).as_json(), price(1).as_json(), price(5).as_json()]}


def test_iterations_at_the_same_price_keep_one() -> None:
    charged = charge({"iterations": [{"input_tokens": 60}, {"input_tokens": 60}]}, find)
    assert charged is not None
    assert (charged.cost, charged.price) == (Decimal("0.00012"), price(1).as_json())


@pytest.mark.parametrize(
    "raw",
    [
        {"input_tokens": 10, "inference_geo": "moon"},
        {"iterations": [{"input_tokens": 10}, {"model": "unheard-of", "output_tokens": 1}]},
    ],
)
def test_a_part_without_a_price_leaves_the_whole_unpriced(raw: dict[str, Any]) -> None:
    assert charge(raw, find) is None


@pytest.mark.parametrize("iterations", [None, [{"input_tokens": 10}]])
@pytest.mark.parametrize(("requests", "priced"), [(7, False), (1, False), (0, True), (None, True), ("many", True)])
def test_a_server_tool_that_nobody_knows_leaves_the_whole_unpriced(
    requests: object, priced: bool, iterations: object
) -> None:
    tools = {"web_search_requests": 1, "code_execution_requests": requests}
    raw = {"input_tokens": 10, "server_tool_use": tools, "iterations": iterations}
    assert (charge(raw, find) is not None) == priced


NO_COUNTS = (-1, "12", 1.5, True, [], {}, LARGEST + 1, 10**30, float("inf"))


@pytest.mark.parametrize("wrong", NO_COUNTS, ids=str)
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda wrong: {"output_tokens": wrong},
        lambda wrong: {"input_tokens": 5, "cache_creation": {"ephemeral_1h_input_tokens": wrong}},
        lambda wrong: {"server_tool_use": {"web_search_requests": wrong}},
        lambda wrong: {"iterations": [{"input_tokens": 10}, {"cache_read_input_tokens": wrong}]},
    ],
)
def test_what_is_no_count_leaves_the_whole_unpriced(wrapped: Callable[[object], dict[str, Any]], wrong: object) -> None:
    assert charge(wrapped(0), find) is not None
    assert charge(wrapped(None), find) is not None
    assert charge(wrapped(wrong), find) is None


def test_more_runs_than_any_call_has_leave_the_whole_unpriced() -> None:
    assert charge({"iterations": [{"input_tokens": LARGEST}]}, find) is not None
    assert charge({"iterations": [{"input_tokens": LARGEST}, {"input_tokens": 1}]}, find) is None


def test_nothing_costs_nothing_whatever_the_price() -> None:
    assert charge({}, lambda model, prompt: None) == (0, None)


counts = st.dictionaries(
    st.sampled_from(["input_tokens", "output_tokens", "cache_read_input_tokens"]), st.integers(0, 200)
)
iterations = st.lists(st.tuples(counts, st.sampled_from(["", "before"])), max_size=4)


@given(counts, iterations, st.integers(0, 3))
def test_the_proof_comes_to_the_same(
    whole: dict[str, Any], runs: list[tuple[dict[str, Any], str]], searches: int
) -> None:
    raw = {**whole, "server_tool_use": {"web_search_requests": searches}}
    raw["iterations"] = [{**run, "model": model} for run, model in runs]
    charged = charge(raw, find)
    assert charged is not None
    assert charged.price is not None
    assert cost_again(Usage.from_api(raw), raw, charged.price) == charged.cost


def test_the_cache_saves_where_it_is_read_and_costs_where_it_is_only_written() -> None:
    price = {"input": "2", "output": "10", "cache_write_5m": "2.5", "cache_write_1h": "4", "cache_read": "0.1"}
    assert saved(Usage(input=999, output=999, cache_read=1_000_000), {}, price) == Decimal("1.9")
    assert saved(Usage(cache_write_5m=1_000_000, cache_write_1h=1_000_000), {}, price) == Decimal("-2.5")


def test_each_run_saves_at_its_own_price() -> None:
    raw = {"iterations": [{"cache_read_input_tokens": 1_000_000}, {"cache_read_input_tokens": 1_000_000}]}
    rates = [{"input": "2", "output": "1", "cache_read": "0.1"}, {"input": "10", "output": "1", "cache_read": "1"}]
    assert saved(Usage.from_api(raw), raw, {"iterations": rates}) == Decimal("10.9")
    assert saved(Usage.from_api(raw), raw, {"iterations": [rates[0], None]}) == Decimal("1.9")
