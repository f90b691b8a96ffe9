"""What the ledger says of each call, against the bill that the simulator wrote."""

import asyncio
import json
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async

from chat import ledger
from chat.live.runner import current_runner
from chat.models import Message, UsageRecord
from tests.bills import on_bill, on_record
from tests.tabs import Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def asked(user, *, stop=False, read=0, text="", **directive):
    """Ask, and perhaps stop after a piece and ``read`` characters; gives ``ended`` and the records of the calls."""
    async with Tab(await sync_to_async(session_of)(user)) as tab:
        accepted = await tab.ask(f"{text}[[sim {json.dumps(directive)}]]")
        if stop:
            await tab.see("delta", turn=accepted["turn"])
            await tab.read(accepted["turn"], read)
            await tab.say("stop", turn=accepted["turn"])
        ended = await tab.see("ended", turn=accepted["turn"])
    records = UsageRecord.objects.filter(message=accepted["turn"], purpose="answer").order_by("pk")
    return ended, [record async for record in records]


def bill_of(upstream, record):
    """What the simulator billed for the call of a record."""
    return upstream.ledger.get(record.request_id).usage


@pytest.mark.parametrize(
    "directive",
    [
        {"tokens": 200},
        {"tokens": 200, "thinking": True},
        {"answer": "search"},
        {"generate": "unicode", "size": 2_000},
        {"stop_reason": "max_tokens"},
        {"message_deltas": 3},
        {"unknown": "block"},
        {"unknown": "delta"},
    ],
    ids=str,
)
async def test_a_finished_call_costs_exactly_its_bill(alice, upstream, directive):
    ended, (record,) = await asked(alice, **directive)
    bill = bill_of(upstream, record)
    assert (ended["state"], record.end, record.exactness) == ("complete", "complete", "exact")
    assert record.estimated_by == ""
    assert on_record(record) == on_bill(bill)
    assert record.cost > 0


async def test_output_that_is_counted_after_the_iterations_is_charged_and_where_it_belongs_is_inferred(alice, upstream):
    runs = [{"model": "claude-fable-5-2", "input_tokens": 70, "output_tokens": 10}]
    runs += [{"input_tokens": 90, "output_tokens": 20}]
    _, (record,) = await asked(alice, tokens=20, message_deltas=2, iterations=runs, usage={"output_tokens": 500})
    assert bill_of(upstream, record)["output_tokens"] == 20
    assert (record.input_tokens, record.output_tokens) == (70 + 90, 10 + 500)
    assert (record.end, record.exactness, record.estimated_by) == ("complete", "estimated", "last_run")


async def test_a_long_prompt_is_written_to_the_cache_at_its_price(alice, upstream):
    _, (record,) = await asked(alice, text="word " * 2_000, tokens=5)
    bill = bill_of(upstream, record)
    assert record.cache_write_5m_tokens == bill["cache_creation_input_tokens"] > 512


async def test_a_stopped_call_is_estimated_within_a_tenth_of_its_bill(alice, upstream):
    # Late enough that what is on its way when it stops is less than a tenth.
    words = {"generate": "words", "size": 20_000, "speed": 400, "thinking": False}
    ended, (record,) = await asked(alice, stop=True, read=2_000, **words)
    await upstream.ledger.wait_for(lambda entry: entry.id == record.request_id and entry.closed)
    bill = bill_of(upstream, record)
    assert (ended["state"], record.exactness, record.estimated_by) == ("stopped", "estimated", "text_counted")
    assert record.input_tokens == bill["input_tokens"]
    assert record.output_tokens == pytest.approx(bill["output_tokens"], rel=0.1, abs=2)


async def test_a_stop_before_the_api_was_asked_costs_nothing(alice, upstream, monkeypatch):
    open_call, loop, runner = ledger.open_call, asyncio.get_running_loop(), current_runner()

    def stopped_meanwhile(**entry):
        loop.call_soon_threadsafe(runner.stop, entry["message_id"])
        return open_call(**entry)

    monkeypatch.setattr("chat.ledger.open_call", stopped_meanwhile)
    ended, (record,) = await asked(alice, tokens=200)
    assert (ended["state"], record.end, record.exactness) == ("stopped", "stopped", "exact")
    assert (record.cost, record.input_tokens, record.output_tokens) == (0, 0, 0)
    assert len(upstream.ledger) == 0


async def test_a_stop_while_thinking_is_a_lower_bound(alice, upstream):
    _, (record,) = await asked(alice, stop=True, thinking="Let me think. " * 200, tokens=10, speed=100)
    assert (record.end, record.exactness) == ("stopped", "lower_bound")


async def test_a_call_that_broke_is_recorded_with_what_arrived(alice, upstream):
    ended, (record,) = await asked(alice, tokens=200, fault="reset", at=100)
    assert (ended["state"], ended["error"]["code"]) == ("failed", "cut_off")
    assert (record.end, record.error_code, record.exactness) == ("failed", "cut_off", "estimated")
    assert record.input_tokens == bill_of(upstream, record)["input_tokens"]
    assert record.output_tokens > 50
    assert (await Message.objects.aget(pk=ended["turn"])).text


async def test_a_search_of_a_call_that_broke_is_charged_and_the_rest_a_lower_bound(alice, upstream):
    _, (record,) = await asked(alice, answer="search", fault="reset", at=60)
    bill = bill_of(upstream, record)
    assert record.web_searches == bill["server_tool_use"]["web_search_requests"] == 1
    assert (record.end, record.exactness) == ("failed", "lower_bound")
    assert record.cost > Decimal("0.01")


async def test_each_call_of_a_retried_turn_has_its_record(alice, upstream):
    ended, (first, second) = await asked(alice, tokens=5, fault=529, times=1)
    assert ended["state"] == "complete"
    assert (first.attempt, first.end, first.error_code, first.cost) == (1, "failed", "overloaded", 0)
    assert (second.attempt, second.end, second.exactness) == (2, "complete", "exact")


async def test_an_error_status_costs_nothing(alice, upstream):
    ended, (record,) = await asked(alice, fault=400)
    assert ended["error"]["code"] == "bad_request"
    assert ended["error"]["detail"]
    assert (record.cost, record.exactness, record.input_tokens) == (0, "exact", 0)


async def test_a_status_that_says_timeout_is_one_too(alice, upstream):
    _, (first, second) = await asked(alice, tokens=5, fault=408, times=1)
    assert (first.error_code, first.cost, first.exactness, first.input_tokens) == ("timeout", 0, "exact", 0)
    assert second.end == "complete"


async def test_a_finished_answer_whose_output_was_not_told_is_estimated(alice, upstream):
    ended, (record,) = await asked(alice, tokens=200, usage={"output_tokens": None})
    assert (ended["state"], record.end, record.exactness) == ("complete", "complete", "estimated")
    assert record.output_tokens == pytest.approx(200, rel=0.1)


async def test_each_call_of_a_paused_answer_has_its_record_and_costs_its_bill(alice, upstream):
    ended, records = await asked(alice, pauses=2, blocks=[{"type": "text", "text": "Done."}], thinking=False)
    assert (ended["state"], ended["stop_reason"]) == ("complete", "end_turn")
    assert [(each.attempt, each.end, each.exactness) for each in records] == [
        (n, "complete", "exact") for n in (1, 2, 3)
    ]
    for record in records:
        bill = bill_of(upstream, record)
        assert on_record(record) == on_bill(bill)
        assert record.web_searches == bill["server_tool_use"]["web_search_requests"]
    assert [record.web_searches for record in records] == [1, 1, 0]
    assert Decimal(ended["cost"]) == sum(record.cost for record in records)
    answer = await Message.objects.aget(pk=ended["turn"])
    kinds = ["text", "server_tool_use", "web_search_tool_result"]
    assert [block["type"] for block in answer.content] == [*kinds, *kinds, "text"]
    assert answer.text == "Search 1: \n\nSearch 2: \n\nDone."


async def test_a_stop_after_a_pause_settles_the_last_call_alone(alice, upstream):
    words = {"generate": "words", "size": 20_000, "speed": 400, "thinking": False}
    ended, (paused, stopped) = await asked(alice, stop=True, read=2_000, pauses=1, **words)
    await upstream.ledger.wait_for(lambda entry: entry.id == stopped.request_id and entry.closed)
    bill = bill_of(upstream, stopped)
    assert (ended["state"], paused.end, paused.exactness) == ("stopped", "complete", "exact")
    assert (stopped.end, stopped.exactness, stopped.web_searches) == ("stopped", "estimated", 0)
    assert stopped.output_tokens == pytest.approx(bill["output_tokens"], rel=0.1, abs=2)


async def test_an_answer_that_pauses_for_ever_is_over_at_last(alice, upstream):
    ended, records = await asked(alice, pauses=99)
    assert (ended["state"], ended["stop_reason"], len(records)) == ("complete", "pause_turn", 6)


async def test_a_call_that_fails_after_a_pause_keeps_what_was_written(alice, upstream):
    ended, records = await asked(alice, pauses=1, generate="words", size=2_000, fault="reset", at=40, thinking=False)
    assert (ended["state"], ended["error"]["code"]) == ("failed", "cut_off")
    assert [record.end for record in records] == ["complete", "failed"]
    assert (await Message.objects.aget(pk=ended["turn"])).text.startswith("Search 1: \n\n")


async def test_a_refusal_before_any_output_is_not_charged(alice, upstream):
    ended, (record,) = await asked(alice, tokens=0, stop_reason="refusal")
    assert (ended["state"], ended["stop_reason"]) == ("complete", "refusal")
    assert record.input_tokens > 0
    assert record.cost == 0


async def test_a_refusal_after_some_output_is_charged(alice, upstream):
    _, (record,) = await asked(alice, tokens=20, stop_reason="refusal")
    assert record.billed
    assert record.cost > 0


async def test_a_model_without_a_price_is_unpriced(alice, upstream):
    ended, (record,) = await asked(alice, tokens=5, model="claude-other-1")
    assert (record.model_answered, record.cost, ended["cost"]) == ("claude-other-1", None, None)
    assert ended["usage"]["output"] > 0


async def test_a_server_tool_without_a_price_leaves_its_call_unpriced(alice, upstream):
    ended, (record,) = await asked(alice, tokens=5, usage={"server_tool_use": {"code_execution_requests": 7}})
    assert (record.end, record.cost, ended["cost"]) == ("complete", None, None)
    assert record.usage["server_tool_use"] == {"code_execution_requests": 7}
