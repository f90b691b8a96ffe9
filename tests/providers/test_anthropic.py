"""What is sent, what comes back, and how fast a connection is let go; over real HTTP."""

import asyncio
import time
from contextlib import aclosing, suppress

import pytest
from aiohttp import web
from aiohttp.client_proto import ResponseHandler
from aiohttp.test_utils import TestServer

from chat.engine import errors
from chat.engine.events import Delta, Ended, Note, Outcome, Started, UsageSeen
from chat.engine.provider import Prompt
from chat.engine.reply import Reply, plain_text
from chat.providers import anthropic, pace
from chat.simulator import answer_text

from .conftest import KEY, MODEL, all_events, asking

MESSAGES = [{"role": "user", "content": "hi"}]
pause = ResponseHandler.pause_reading
SECONDS_TO_CLOSE = 0.5  # measured: one to three milliseconds; the machine may be busy


async def test_a_plain_prompt_sends_no_more_than_is_needed(simulator, provider):
    await all_events(provider, Prompt(MODEL, MESSAGES, max_tokens=7))
    assert simulator.ledger[-1].body == {
        "model": MODEL,
        "messages": MESSAGES,
        "max_tokens": 7,
        "stream": True,
        "cache_control": {"type": "ephemeral"},
    }


async def test_all_that_a_prompt_holds_is_sent(simulator, provider):
    thinking = {"type": "adaptive", "display": "summarized"}
    await all_events(
        provider, Prompt(MODEL, MESSAGES, 7, system="Be brief.", thinking=thinking, effort="low", user="u1")
    )
    body = simulator.ledger[-1].body
    assert body["system"] == "Be brief."
    assert body["thinking"] == thinking
    assert body["output_config"] == {"effort": "low"}
    assert body["metadata"] == {"user_id": "u1"}


async def test_it_names_the_model_that_answers_and_the_request(simulator, provider):
    events = await all_events(provider, Prompt("claude-haiku-5-5", MESSAGES, 7))
    assert events[0] == Started("claude-haiku-5-5-20261007", simulator.ledger[-1].id)


@pytest.mark.parametrize("text", ['[[sim {"generate": "unicode", "size": 50000}]]', "search the web", "think hard"])
async def test_every_kind_of_answer_arrives_as_it_was_sent(simulator, provider, text):
    prompt = Prompt(MODEL, [{"role": "user", "content": text}], 120_000, thinking={"type": "adaptive"})
    reply = Reply(await all_events(provider, prompt))
    assert plain_text(reply.content()).replace("\n\n", "") == answer_text(text).replace("\n\n", "")
    assert reply.usage["output_tokens"] == simulator.ledger[-1].usage["output_tokens"]
    assert reply.counted
    assert reply.ended.outcome is Outcome.COMPLETE


async def test_usage_is_handed_on_untouched(provider):
    extra = {"iterations": [{"type": "message", "input_tokens": 3}], "of_tomorrow": {"tokens": 1}}
    events = await all_events(provider, asking(tokens=3, usage=extra, message_deltas=2))
    usage = [event.usage for event in events if isinstance(event, UsageSeen)]
    assert len(usage) == 3
    assert usage[-1].items() >= extra.items()


@pytest.mark.parametrize("unknown", ["block", "delta", "event"])
async def test_what_is_not_known_yet_does_not_disturb(provider, unknown):
    events = await all_events(provider, asking(tokens=3, unknown=unknown))
    assert events[-1] == Ended(Outcome.COMPLETE, "end_turn", {})
    assert any(isinstance(event, Note) for event in events) == (unknown != "event")


async def test_a_refusal_says_why(provider):
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    events = await all_events(provider, asking(tokens=0, stop_reason="refusal", stop_details=details))
    assert events[-1] == Ended(Outcome.COMPLETE, "refusal", details)


async def test_it_counts_tokens(simulator, provider):
    counted = await provider.count_tokens(MODEL, MESSAGES)
    await all_events(provider, Prompt(MODEL, MESSAGES, 7))
    assert counted == simulator.ledger[-1].usage["input_tokens"]


async def test_counting_for_a_model_that_does_not_exist_fails_with_our_error(provider):
    with pytest.raises(errors.NoSuchModel):
        await provider.count_tokens("claude-nobody", MESSAGES)


async def test_counting_where_nobody_listens_fails_with_our_error(simulator, provider):
    await simulator.stop()
    with pytest.raises(errors.Unreachable):
        await provider.count_tokens(MODEL, MESSAGES)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>", "text/html"),
        ("{}", "application/json"),
        ("[1]", "application/json"),
        ("{", "application/json"),
        ('{"input_tokens": -1}', "application/json"),
        ('{"input_tokens": true}', "application/json"),
        ('{"input_tokens": 1000000000000}', "application/json"),
    ],
)
async def test_counting_by_something_that_is_not_the_api_is_a_bad_answer(open_provider, body, kind):
    app = web.Application()
    app.router.add_post("/v1/messages/count_tokens", answering(body, kind))
    async with TestServer(app) as server:
        with pytest.raises(errors.BadAnswer):
            await open_provider(base_url=str(server.make_url(""))).count_tokens(MODEL, MESSAGES)


def answering(body, kind):
    async def answer(request):
        return web.Response(text=body, content_type=kind)

    return answer


STATES = {
    "in steady text": {"tokens": 10_000, "speed": 200},
    "while it is silent": {"fault": "silence", "at": 5},
    "while there are only pings": {"fault": "pings", "at": 5},
    "before the first event": {"first_delay": 60},
    "before the head": {"fault": "hang"},
}


@pytest.mark.parametrize("keys", STATES.values(), ids=STATES)
async def test_cancelling_closes_the_connection_at_once(simulator, provider, keys):
    asked = asyncio.create_task(all_events(provider, asking(**keys)))
    entry = await simulator.ledger.wait_for(lambda entry: entry.status or keys.get("fault") == "hang")
    await asyncio.sleep(0.1)  # well inside the state
    asked.cancel()
    cancelled = time.monotonic()
    with suppress(asyncio.CancelledError):
        await asked
    await simulator.ledger.wait_for(lambda each: each is entry and each.how)
    assert entry.how == "client_closed"
    assert entry.closed - cancelled < SECONDS_TO_CLOSE


async def test_closing_the_generator_between_two_events_closes_the_connection_at_once(simulator, provider):
    async with aclosing(provider.stream(asking(**STATES["in steady text"]))) as events:
        async for event in events:
            if isinstance(event, Delta):
                break
    closed = time.monotonic()
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert entry.how == "client_closed"
    assert entry.closed - closed < SECONDS_TO_CLOSE


async def test_it_leaves_no_task_behind(provider):
    before = asyncio.all_tasks()
    async with aclosing(provider.stream(asking(**STATES["in steady text"]))) as events:
        await anext(events)
    await asyncio.sleep(0.05)
    assert {task for task in asyncio.all_tasks() - before if "handle" not in repr(task.get_coro())} == set()


@pytest.mark.parametrize("late", [0, 0.01])
async def test_answers_that_came_to_their_end_share_a_connection(provider, monkeypatch, late):
    opened = []
    connect = asyncio.BaseEventLoop.create_connection

    def counting(self, *args, **kwargs):
        opened.append(args)
        return connect(self, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", counting)
    monkeypatch.setattr(anthropic, "DRAIN_SECONDS", 5)  # the machine may be busy
    for _ in range(5):
        await all_events(provider, asking(tokens=20, fault="silence", at="end", seconds=late))
    assert len(opened) == 1


async def test_under_load_the_kernel_keeps_what_arrives_between_two_beats(simulator, open_provider, monkeypatch):
    held = []
    monkeypatch.setattr(pace, "pause_under", lambda streams: 0.02)
    monkeypatch.setattr(ResponseHandler, "pause_reading", lambda self: held.append(self) or pause(self))
    provider = open_provider()
    for _ in range(3):
        reply = Reply(await all_events(provider, asking(tokens=50, speed=500)))
        assert reply.usage["output_tokens"] == simulator.ledger[-1].usage["output_tokens"]
    assert len(held) > 3
    assert len(set(held)) == 1  # it is let go as it was taken: open, and read


async def test_an_end_of_body_that_does_not_come_is_not_waited_for(provider):
    began = time.monotonic()
    await all_events(provider, asking(tokens=3, fault="silence", at="end"))
    assert time.monotonic() - began < 1


async def test_more_streams_than_the_http_client_allows_by_default_run_at_once(simulator, provider):
    asked = [asyncio.create_task(all_events(provider, asking(tokens=2, fault="silence", at=1))) for _ in range(150)]
    await simulator.ledger.wait_for(lambda _: len(simulator.ledger) == 150, seconds=30)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(open_provider, unused_port, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port}")
    assert (await all_events(open_provider(), asking(tokens=1)))[-1].outcome is Outcome.COMPLETE


async def test_it_does_not_retry(simulator, provider):
    with pytest.raises(errors.Overloaded):
        await all_events(provider, asking(fault=529))
    assert len(simulator.ledger) == 1


async def test_the_key_is_in_no_log_line(simulator, open_provider, caplog):
    caplog.set_level("DEBUG")
    with pytest.raises(errors.BadKey):
        await all_events(open_provider(), asking(fault=401))
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in repr(vars(anthropic))
