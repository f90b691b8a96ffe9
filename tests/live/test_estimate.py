"""What a call used that did not come to its end, worked out from its events."""

from dataclasses import replace

import pytest

from chat.engine.events import BlockEnded, BlockStarted, Delta, Started, UsageSeen
from chat.engine.provider import Prompt
from chat.engine.reply import Reply
from chat.engine.usage import Usage
from chat.ledger import Call
from chat.live.estimate import estimated
from chat.providers import get_provider

MODEL = "claude-sonnet-5-5"
PROMPT = Prompt(MODEL, [{"role": "user", "content": "Why?"}], 1000)
START = UsageSeen({"input_tokens": 90, "output_tokens": 1})
TEXT = BlockStarted(0, {"type": "text", "text": ""})
STREAM = (Started(MODEL, "req_1"), START)
COUNTED = UsageSeen({"output_tokens": 3})
NOBODY = "claude-nobody"
THINKING = BlockStarted(0, {"type": "thinking", "thinking": "", "signature": ""})
RUNS = UsageSeen({"output_tokens": 1, "iterations": [{"input_tokens": 90, "output_tokens": 1}]})
SEARCH = BlockStarted(0, {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}})


async def broken_off(*events, model=MODEL, sent=True):
    """A call that broke off after these events."""
    prompt = replace(PROMPT, model=model)
    return await estimated(await get_provider(), prompt, Reply(events), Call(1), sent=sent)


async def usage_of(*events):
    """The usage of a call whose stream broke off after these events."""
    return (await broken_off(*STREAM, *events)).usage


async def test_the_searches_that_were_seen_leave_the_other_tools_as_the_api_counted_them(upstream):
    told = UsageSeen({"server_tool_use": {"web_fetch_requests": 2, "code_execution_requests": 3}})
    usage = await usage_of(told, SEARCH, BlockEnded(0))
    tools = {"web_search_requests": 1, "web_fetch_requests": 2, "code_execution_requests": 3}
    assert usage["server_tool_use"] == tools


async def test_what_arrived_after_iterations_were_told_is_counted_and_no_run_is_lost(upstream):
    runs = [{"model": "claude-fable-5-2", "input_tokens": 70, "output_tokens": 500}, {"input_tokens": 90}]
    early = UsageSeen({"output_tokens": 0, "iterations": runs})
    usage = Usage.from_api(await usage_of(TEXT, early, Delta(0, "word " * 60)))
    assert (usage.input, usage.output) == (160, pytest.approx(500 + 60, abs=15))


async def test_output_that_the_api_counted_after_the_iterations_is_not_lost(upstream):
    early = UsageSeen({"output_tokens": 5, "iterations": [{"input_tokens": 90, "output_tokens": 5}]})
    usage = Usage.from_api(await usage_of(early, UsageSeen({"output_tokens": 300}), TEXT, Delta(0, "word " * 60)))
    assert usage.output == pytest.approx(300 + 60, abs=15)


async def test_iterations_that_say_more_than_what_was_saved_stand(upstream):
    runs = [{"input_tokens": 90, "output_tokens": 400}]
    reply = Reply.of([{"type": "text", "text": "word " * 60}])
    reply.started, reply.usage = Started(MODEL, "req_1"), {"iterations": runs}
    call = await estimated(await get_provider(), PROMPT, reply, Call(1))
    assert call.usage["iterations"] == runs


@pytest.mark.parametrize(
    ("events", "model", "how"),
    [
        ([], MODEL, ("estimated", "prompt_counted")),
        ([], NOBODY, ("estimated", "prompt_length")),
        (STREAM, MODEL, ("estimated", "last_count")),
        ([*STREAM, TEXT, Delta(0, "Because")], MODEL, ("estimated", "text_counted")),
        ([*STREAM, TEXT, Delta(0, "Because")], NOBODY, ("estimated", "text_length")),
        ([*STREAM, COUNTED, TEXT], MODEL, ("estimated", "last_count")),
        ([*STREAM, SEARCH], MODEL, ("lower_bound", "last_count")),
        ([*STREAM, THINKING, Delta(0, "Hm")], MODEL, ("lower_bound", "text_counted")),
        ([*STREAM, TEXT, Delta(0, "Because"), COUNTED], MODEL, ("exact", "")),
        ([*STREAM, RUNS, COUNTED], MODEL, ("estimated", "last_run")),
    ],
)
async def test_an_estimate_says_what_it_rests_on(upstream, events, model, how):
    call = await broken_off(*events, model=model)
    assert (call.exactness, call.estimated_by) == how


async def test_what_was_never_sent_is_exactly_nothing(upstream):
    call = await broken_off(sent=False)
    assert (call.usage, call.exactness, call.estimated_by) == ({}, "exact", "")


async def test_where_one_of_two_counts_fails_the_length_of_the_text_alone_is_taken(upstream):
    text = "word " * 250_000  # more than the model takes, so that only the one word beside it is counted
    call = await broken_off(*STREAM, TEXT, Delta(0, text), model="claude-haiku-4-5")
    assert (call.usage["output_tokens"], call.estimated_by) == (len(text) // 4, "text_length")


async def test_where_the_stream_did_not_begin_with_its_usage_the_prompt_is_counted(upstream):
    reply = Reply([Started(MODEL, "req_1"), TEXT, Delta(0, "word " * 60)])
    call = await estimated(await get_provider(), PROMPT, reply, Call(1))
    usage = Usage.from_api(call.usage)
    assert (usage.input > 0, usage.output) == (True, pytest.approx(60, abs=15))
    assert (call.exactness, call.estimated_by) == ("estimated", "prompt_counted")


@pytest.mark.parametrize(
    ("thinking", "exactness"),
    [({"type": "adaptive"}, "lower_bound"), ({"type": "disabled"}, "estimated"), (None, "estimated")],
)
async def test_what_broke_off_before_anything_was_shown_may_have_thought(upstream, thinking, exactness):
    reply = Reply([Started(MODEL, "req_1"), START])
    call = await estimated(await get_provider(), replace(PROMPT, thinking=thinking), reply, Call(1))
    assert (call.exactness, Usage.from_api(call.usage).output) == (exactness, 0)


async def test_searches_that_the_api_has_told_of_are_not_lost_by_what_was_seen(upstream):
    told = UsageSeen({"server_tool_use": {"web_search_requests": 2}})
    assert Usage.from_api(await usage_of(told, SEARCH, BlockEnded(0))).web_searches == 2
