"""Tokens by price class, from the API's usage objects."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.usage import Part, Terms, Usage, merged, parts, with_output

SPLIT = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}
START: dict[str, Any] = {
    "input_tokens": 2234,
    "cache_creation_input_tokens": 10,
    "cache_read_input_tokens": 300,
    "cache_creation": SPLIT,
    "output_tokens": 1,
    "service_tier": "standard",
    "inference_geo": "global",
}


def test_the_start_of_a_stream_has_the_whole_input_side() -> None:
    usage = Usage.from_api(START)
    assert usage == Usage(input=2234, output=1, cache_write_5m=4, cache_write_1h=6, cache_read=300)
    assert usage.prompt == 2234 + 10 + 300


def test_what_a_delta_names_overwrites() -> None:
    raw = merged(START, {"input_tokens": 9281, "output_tokens": 510})
    assert (raw["input_tokens"], raw["output_tokens"]) == (9281, 510)


def test_what_a_delta_does_not_name_stands() -> None:
    raw = merged(START, {"output_tokens": 510})
    assert raw == {**START, "output_tokens": 510}


def test_a_zero_overwrites_and_a_null_does_not() -> None:
    raw = merged(START, {"cache_read_input_tokens": 0, "input_tokens": None, "server_tool_use": None})
    assert raw == {**START, "cache_read_input_tokens": 0}


def test_inside_the_objects_too_what_a_delta_does_not_name_stands() -> None:
    first, second = {"web_search_requests": 2, "web_fetch_requests": 1}, {"web_search_requests": 3}
    raw = merged({"server_tool_use": first}, {"server_tool_use": second})
    assert raw == {"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 1}}
    raw = merged(raw, {"server_tool_use": {"web_search_requests": None, "web_fetch_requests": 0}})
    assert raw == {"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 0}}


def test_merging_changes_neither_side() -> None:
    before, delta = {"cache_creation": dict(SPLIT)}, {"cache_creation": {"ephemeral_5m_input_tokens": 9}}
    merged(before, delta)["cache_creation"]["ephemeral_1h_input_tokens"] = 0
    assert before == {"cache_creation": SPLIT}
    assert delta == {"cache_creation": {"ephemeral_5m_input_tokens": 9}}


def test_counts_are_cumulative_and_not_added_up() -> None:
    raw: dict[str, Any] = START
    for output in (10, 20, 30):
        raw = merged(raw, {"output_tokens": output})
    assert Usage.from_api(raw).output == 30


def test_thinking_is_part_of_the_output_and_searches_are_counted() -> None:
    delta = {
        "output_tokens": 900,
        "output_tokens_details": {"thinking_tokens": 700},
        "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 1},
    }
    usage = Usage.from_api(merged(START, delta))
    assert (usage.output, usage.thinking, usage.web_searches, usage.web_fetches) == (900, 700, 3, 1)


@pytest.mark.parametrize(("ttl", "short", "long"), [("5m", 6, 6), ("1h", 4, 8)])
def test_cache_writes_beyond_the_split_have_the_lifetime_that_was_asked_for(ttl: str, short: int, long: int) -> None:
    usage = Usage.from_api(merged(START, {"cache_creation_input_tokens": 12}), ttl=ttl)
    assert (usage.cache_write_5m, usage.cache_write_1h) == (short, long)


def test_cache_writes_without_a_split_have_the_lifetime_that_was_asked_for() -> None:
    raw = {"cache_creation_input_tokens": 7}
    assert Usage.from_api(raw).cache_write_5m == 7
    assert Usage.from_api(raw, ttl="1h").cache_write_1h == 7


def test_a_split_never_exceeds_its_total() -> None:
    usage = Usage.from_api({**START, "cache_creation_input_tokens": 8})
    assert (usage.cache_write_5m, usage.cache_write_1h) == (2, 6)


def test_iterations_are_added_up_because_the_top_level_leaves_some_out() -> None:
    raw = merged(
        START,
        {
            "output_tokens": 100,
            "output_tokens_details": {"thinking_tokens": 60},
            "server_tool_use": {"web_search_requests": 2},
            "iterations": [
                {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3500},
                {"type": "message", "input_tokens": 23_000, "output_tokens": 40, "cache_read_input_tokens": 5},
                {
                    "type": "message",
                    "input_tokens": 24_000,
                    "output_tokens": 60,
                    "cache_creation_input_tokens": 9,
                    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 9},
                },
            ],
        },
    )
    assert Usage.from_api(raw) == Usage(
        input=227_000, output=3600, cache_write_1h=9, cache_read=5, thinking=60, web_searches=2
    )


def test_each_iteration_is_a_part_with_its_own_model_and_the_tools_are_one() -> None:
    raw = {
        "output_tokens": 60,
        "server_tool_use": {"web_search_requests": 2},
        "iterations": [
            {"type": "message", "model": "claude-fable-5-2", "input_tokens": 7, "output_tokens": 1},
            {"type": "fallback_message", "model": 5, "input_tokens": 9, "output_tokens": 60},
        ],
    }
    assert parts(raw) == [
        Part("claude-fable-5-2", Usage(input=7, output=1)),
        Part("", Usage(input=9, output=60)),
        Part("", Usage(web_searches=2)),
    ]


RUNS = [{"model": "claude-fable-5-2", "input_tokens": 7, "output_tokens": 10}, {"input_tokens": 9, "output_tokens": 40}]


@pytest.mark.parametrize(("output", "last"), [(50, 40), (80, 70), (30, 20), (5, 0)])
def test_another_output_is_of_the_last_iteration_and_the_others_stand(output: int, last: int) -> None:
    raw = with_output({"output_tokens": 40, "iterations": RUNS}, output)
    assert raw == {"output_tokens": output, "iterations": [RUNS[0], {**RUNS[1], "output_tokens": last}]}


@pytest.mark.parametrize(
    ("delta", "last"),
    [
        ({"output_tokens": 90}, {"output_tokens": 90}),
        ({"output_tokens": 40}, {}),
        ({"output_tokens": 0}, {}),
        ({"output_tokens": 90, "iterations": None}, {"output_tokens": 90}),
        ({"output_tokens": 90, "iterations": []}, {"output_tokens": 90}),
        ({"input_tokens": 12, "cache_read_input_tokens": 5}, {"input_tokens": 12, "cache_read_input_tokens": 5}),
        ({"server_tool_use": {"web_search_requests": 1}}, {}),
    ],
)
def test_what_is_counted_after_the_iterations_were_told_is_of_the_last(
    delta: dict[str, Any], last: dict[str, int]
) -> None:
    told = {"input_tokens": 9, "output_tokens": 40, "iterations": RUNS}
    assert merged(told, delta)["iterations"] == [RUNS[0], {**RUNS[1], **last}]


def test_it_is_added_up_delta_by_delta_until_they_are_told_again() -> None:
    raw = merged({"output_tokens": 40, "iterations": RUNS}, {"output_tokens": 60})
    raw = merged(raw, {"output_tokens": 75})
    assert Usage.from_api(raw).output == 10 + 75
    assert merged(raw, {"output_tokens": 80, "iterations": RUNS})["iterations"] == RUNS


def test_a_total_above_that_of_all_iterations_is_never_lost() -> None:
    told = {"output_tokens": 40, "iterations": [{"output_tokens": 1}]}
    assert Usage.from_api(merged(told, {"output_tokens": 70})).output == 70


@given(st.lists(st.integers(0, 9), min_size=1, max_size=3), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_no_later_total_is_lost_however_often_it_comes_without_iterations(runs: list[int], totals: list[int]) -> None:
    raw = {"output_tokens": runs[-1], "iterations": [{"output_tokens": run} for run in runs]}
    for total in totals:
        raw = merged(raw, {"output_tokens": total})
        assert Usage.from_api(raw).output >= max(total, sum(runs))


@pytest.mark.parametrize("iterations", [None, [], 5, [None]])
def test_without_readable_iterations_the_output_is_at_the_top(iterations: object) -> None:
    assert with_output({"iterations": iterations}, 7) == {"iterations": iterations, "output_tokens": 7}


def test_without_iterations_the_whole_is_one_part() -> None:
    assert parts(START) == [Part("", Usage.from_api(START))]


@pytest.mark.parametrize(
    ("raw", "terms"),
    [
        ({}, Terms()),
        (START, Terms("global", "", "standard")),
        ({"inference_geo": "us", "speed": "fast", "service_tier": "batch"}, Terms("us", "fast", "batch")),
        ({"inference_geo": None, "speed": 1, "service_tier": []}, Terms()),
    ],
)
def test_the_terms_are_what_the_api_says(raw: dict[str, Any], terms: Terms) -> None:
    assert Terms.from_api(raw) == terms


@pytest.mark.parametrize("iterations", [None, [], {}, 5, "two", [1, None]])
def test_without_readable_iterations_the_top_level_counts(iterations: object) -> None:
    assert Usage.from_api({**START, "iterations": iterations}) == Usage.from_api(START)


def test_a_count_that_is_written_as_a_fraction_is_one() -> None:
    assert Usage.from_api({"input_tokens": 12.0}).input == 12


def test_an_empty_object_is_no_usage() -> None:
    assert Usage.from_api({}) == Usage()


def test_usages_add_up_class_by_class() -> None:
    assert Usage(1, 2, 3, 4, 5, 6, 7) + Usage(10, 20, 30, 40, 50, 60, 70) == Usage(11, 22, 33, 44, 55, 66, 77)


garbage = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from([*START, "iterations"]), inner),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from([*START, "iterations", "server_tool_use", "output_tokens_details"]), garbage)


@given(objects, objects)
def test_garbage_counts_nothing_and_breaks_nothing(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    usage = Usage.from_api(merged(earlier, later))
    for name in Usage.__slots__:
        count = getattr(usage, name)
        assert type(count) is int
        assert count >= 0


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from(["5m", "1h"]))
def test_the_split_always_adds_up_to_the_total(total: int, short: int, long: int, ttl: str) -> None:
    split = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    usage = Usage.from_api({"cache_creation_input_tokens": total, "cache_creation": split}, ttl=ttl)
    assert usage.cache_write_5m + usage.cache_write_1h == total == usage.prompt
    assert min(usage.cache_write_5m, usage.cache_write_1h) >= 0
