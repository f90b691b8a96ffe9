"""The table of faults (section 4 of the reference on the API), as our errors: over real HTTP, one row each."""

import asyncio
import socket
from contextlib import aclosing

import pytest

from chat.engine import errors
from chat.engine.events import Delta, Ended, Outcome, Started
from chat.engine.reply import Reply, plain_text
from chat.providers.faults import fault_of, readable
from chat.simulator import answer_text

from .conftest import KEY, MODEL, all_events, asking, until_it_fails

PIECES = "one two three four five six seven eight"
AFTER_FOUR = 7  # message_start, content_block_start, ping, then four pieces

BEFORE_THE_ANSWER = [
    # fault, our error, retry?
    ({"fault": "close"}, errors.Unreachable, True),
    ({"fault": 400}, errors.BadRequest, False),
    ({"fault": 401}, errors.BadKey, False),
    ({"fault": 402}, errors.PaymentNeeded, False),
    ({"fault": 403}, errors.NotAllowed, False),
    ({"fault": 404}, errors.NoSuchModel, False),
    ({"fault": 408}, errors.TimedOut, True),
    ({"fault": 409}, errors.Overloaded, True),
    ({"fault": 413}, errors.TooLarge, False),
    ({"fault": 418}, errors.BadRequest, False),
    ({"fault": 422}, errors.BadRequest, False),
    ({"fault": 429}, errors.RateLimited, True),
    ({"fault": 500}, errors.ServerFault, True),
    ({"fault": 502}, errors.ServerFault, True),
    ({"fault": 503}, errors.Overloaded, True),
    ({"fault": 504}, errors.ServerFault, True),
    ({"fault": 529}, errors.Overloaded, True),
    ({"fault": 429, "error_code": "contract_spend_limit_reached"}, errors.PaymentNeeded, False),
    ({"fault": 429, "error_code": "ramp_limit_exceeded"}, errors.RateLimited, True),
    ({"fault": 400, "message": "You have reached your specified API usage limits."}, errors.PaymentNeeded, False),
    ({"fault": 400, "message": "Your credit balance is too low to access the API."}, errors.PaymentNeeded, False),
    ({"fault": 400, "error_type": "billing_error"}, errors.PaymentNeeded, False),
    ({"fault": "html", "status": 502}, errors.ServerFault, True),
    ({"fault": "html", "status": 404}, errors.BadAnswer, True),
    ({"fault": "html", "status": 413}, errors.TooLarge, False),
    ({"fault": "html"}, errors.BadAnswer, True),
    ({"fault": "json"}, errors.BadAnswer, True),
    ({"fault": "error", "at": 0, "error_type": "overloaded_error"}, errors.Overloaded, True),
    ({"fault": "end", "at": 0}, errors.CutOff, True),
]
IN_MID_ANSWER = [
    ({"fault": "error", "error_type": "overloaded_error"}, errors.Overloaded, True),
    ({"fault": "error", "error_type": "rate_limit_error"}, errors.RateLimited, True),
    ({"fault": "error", "error_type": "api_error"}, errors.ServerFault, True),
    ({"fault": "error", "error_type": "timeout_error"}, errors.TimedOut, True),
    ({"fault": "error", "error_type": "an_error_of_tomorrow"}, errors.ServerFault, True),
    ({"fault": "error", "error_type": "invalid_request_error"}, errors.BadRequest, False),
    ({"fault": "error", "error_type": "authentication_error"}, errors.BadKey, False),
    ({"fault": "error", "error_type": "permission_error"}, errors.NotAllowed, False),
    ({"fault": "error", "error_type": "not_found_error"}, errors.NoSuchModel, False),
    ({"fault": "error", "error_type": "request_too_large"}, errors.TooLarge, False),
    ({"fault": "error", "error_type": "billing_error"}, errors.PaymentNeeded, False),
    ({"fault": "error", "error_code": "enforced_spend_limit_reached"}, errors.PaymentNeeded, False),
    ({"fault": "error_text"}, errors.ServerFault, True),
    ({"fault": "reset"}, errors.CutOff, True),
    ({"fault": "cut"}, errors.CutOff, True),
    ({"fault": "end"}, errors.CutOff, True),
    ({"fault": "no_blank_line", "at": "last"}, errors.CutOff, True),
    ({"fault": "bad_json"}, errors.BadAnswer, True),
    ({"fault": "bad_utf8"}, errors.BadAnswer, True),
    ({"fault": "bad_index"}, errors.BadAnswer, True),
]


def row(value):
    return "-".join(str(each) for each in value.values())[:50] if isinstance(value, dict) else None


@pytest.mark.parametrize(("fault", "error", "retryable"), BEFORE_THE_ANSWER, ids=row)
async def test_a_fault_before_the_answer_is_our_error(simulator, provider, fault, error, retryable):
    seen, found = await until_it_fails(provider, asking(**fault), error)
    assert seen == []
    assert (type(found), found.retryable) == (error, retryable)
    assert found.request_id == ("" if fault["fault"] in {"close", "html"} else simulator.ledger[-1].id)
    assert found.status == (fault["fault"] if isinstance(fault["fault"], int) else found.status)
    assert 0 < len(found.detail) <= 500
    assert "<" not in found.detail


@pytest.mark.parametrize(("fault", "error", "retryable"), IN_MID_ANSWER, ids=row)
async def test_a_fault_in_mid_answer_is_our_error_after_what_had_arrived(simulator, provider, fault, error, retryable):
    prompt = asking(text=PIECES, speed=400, **{"at": AFTER_FOUR, **fault})
    seen, found = await until_it_fails(provider, prompt, error)
    assert (type(found), found.retryable) == (error, retryable)
    assert found.request_id == simulator.ledger[-1].id
    assert found.detail
    arrived = plain_text(Reply(seen).content())
    assert arrived == (PIECES if fault.get("at") == "last" else "one two three four")


async def test_nobody_listening_is_unreachable(open_provider, unused_port):
    provider = open_provider(base_url=f"http://127.0.0.1:{unused_port}")
    _, found = await until_it_fails(provider, asking("hi"), errors.Unreachable)
    assert found.retryable
    assert str(unused_port) in found.detail


async def test_no_answer_head_in_time_is_a_timeout(simulator, open_provider):
    await until_it_fails(open_provider(idle=0.2), asking(fault="hang"), errors.TimedOut)
    assert (await simulator.ledger.wait_for(lambda entry: entry.how)).how == "client_closed"


async def test_no_connection_in_time_is_unreachable(open_provider):
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # one fills the queue; the next waits
        provider = open_provider(base_url=f"http://127.0.0.1:{full.getsockname()[1]}", connect=0.2)
        await until_it_fails(provider, asking("hi"), errors.Unreachable)


async def test_raw_silence_in_mid_answer_is_a_timeout(simulator, open_provider):
    prompt = asking(text=PIECES, fault="silence", at=AFTER_FOUR)
    seen, _ = await until_it_fails(open_provider(idle=0.2), prompt, errors.TimedOut)
    assert seen[-1] == Delta(0, "one two three four")
    assert (await simulator.ledger.wait_for(lambda entry: entry.how)).how == "client_closed"


async def test_pings_are_not_events(simulator, provider):
    """So that the watchdog of the generation, which watches events, ends a stream of nothing but pings."""
    async with aclosing(provider.stream(asking(fault="pings", at=1))) as events:
        assert isinstance(await anext(events), Started)
        await anext(events)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 1.5)
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert entry.events >= 2


@pytest.mark.parametrize("fault", ["reset", "cut", "silence", "pings", "bad_json", "error"])
async def test_nothing_that_follows_message_stop_is_a_fault(simulator, provider, fault):
    prompt = asking(text=PIECES, speed=400, fault=fault, at="end")
    assert (await all_events(provider, prompt))[-1] == Ended(Outcome.COMPLETE, "end_turn", {})
    await simulator.ledger.wait_for(lambda entry: entry.how)


async def test_broken_tool_input_is_kept_as_it_came(provider):
    reply = Reply(await all_events(provider, asking(text=PIECES, fault="bad_tool_json", at="last")))
    assert reply.content()[-1]["input"] == '{"city": Par'


async def test_a_slow_but_steady_stream_is_no_fault(open_provider):
    prompt = asking(text=PIECES, speed=8)
    assert (await all_events(open_provider(idle=0.5), prompt))[-1].outcome is Outcome.COMPLETE


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("1", 1), ("4000000", 4_000_000), ("0", 0), ("-5", None), ("tomorrow", None), ("nan", None)],
)
async def test_retry_after_is_in_seconds_or_absent(provider, retry_after, seconds):
    _, found = await until_it_fails(provider, asking(fault=429, retry_after=retry_after), errors.RateLimited)
    assert found.retry_after == seconds


async def test_a_key_that_the_api_refuses_is_a_bad_key(open_provider):
    _, found = await until_it_fails(open_provider(api_key="sk-ant-invalid"), asking("hi"), errors.BadKey)
    assert "sk-ant-invalid" not in found.detail


@pytest.mark.parametrize("fault", [401, "error", "error_text"])
async def test_a_key_that_is_repeated_to_us_goes_no_further(provider, fault):
    prompt = asking(fault=fault, message=f"invalid key {KEY} given", at=0)
    _, found = await until_it_fails(provider, prompt, errors.ProviderError)
    assert found.detail == "invalid key [key] given"


async def test_a_prompt_that_is_not_utf_8_is_a_bad_request(provider):
    await until_it_fails(provider, asking("\ud800"), errors.BadRequest)


def test_what_was_said_is_readable():
    page = "<html><head><style>p{}</style><script>alert(1)</script></head><h1>Bad &amp; sad</h1>\n<p>a  b</p></html>"
    assert readable(page, "key") == "Bad & sad a b"
    assert readable("a < b > c\0", "") == "a < b > c"
    assert len(readable("word " * 1000, "key")) == 500


def test_a_fault_without_words_says_at_least_its_kind():
    assert fault_of(ValueError(), secret="key").detail == "ValueError"


async def test_text_that_arrived_is_exactly_what_was_sent(provider):
    prompt = asking("unicode please", speed=0)
    reply = Reply(await all_events(provider, prompt))
    assert plain_text(reply.content()) == answer_text(prompt.messages[0]["content"])
    assert reply.started.model == MODEL
