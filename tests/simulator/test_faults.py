"""Every fault of reference/anthropic-api.md section 4, and what the SDK makes of it."""

import asyncio
import contextlib
import json

import anthropic
import httpx2
import pytest

from chat.simulator.faults import STREAM

from .conftest import asking, raw_events, sim

SHORT = {"tokens": 30}


async def stream(client, **keys):
    """The final message of a streamed answer to a directive."""
    async with client.messages.stream(**asking(sim(**SHORT | keys))) as events:
        return await events.get_final_message()


async def test_a_close_before_any_byte_is_a_connection_error(simulator, client):
    with pytest.raises(anthropic.APIConnectionError):
        await stream(client, fault="close")
    assert simulator.ledger[-1].how == "close"
    assert simulator.ledger[-1].usage["input_tokens"] == 0


async def test_no_head_is_a_timeout_of_the_sdk(simulator, client):
    with pytest.raises(anthropic.APITimeoutError):
        await stream(client.with_options(timeout=0.2), fault="hang")
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert (entry.how, entry.fault) == ("client_closed", "hang")


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (402, anthropic.PaymentRequiredError, "billing_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (408, anthropic.RequestTimeoutError, "timeout_error"),
        (409, anthropic.ConflictError, "conflict_error"),
        (413, anthropic.ContentTooLargeError, "request_too_large"),
        (422, anthropic.UnprocessableEntityError, "invalid_request_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (502, anthropic.InternalServerError, "api_error"),
        (503, anthropic.ServiceUnavailableError, "api_error"),
        (504, anthropic.GatewayTimeoutError, "timeout_error"),
        (529, anthropic.OverloadedError, "overloaded_error"),
    ],
)
async def test_a_status_is_its_class_and_type(simulator, client, status, error, kind):
    with pytest.raises(error) as caught:
        await stream(client, fault=status)
    assert caught.value.status_code == status
    assert caught.value.type == kind
    assert caught.value.request_id == simulator.ledger[-1].id
    assert simulator.ledger[-1].how == str(status)


async def test_an_error_code_chooses_the_class_of_the_sdk(client):
    with pytest.raises(anthropic.ContractSpendLimitReachedError):
        await stream(client, fault=429, error_code="contract_spend_limit_reached")


@pytest.mark.parametrize("retry_after", ["1", 1, 0.5, "4000000", "-5", "tomorrow"])
async def test_retry_after_is_sent_as_it_is(client, retry_after):
    with pytest.raises(anthropic.RateLimitError) as caught:
        await stream(client, fault=429, retry_after=retry_after)
    assert caught.value.response.headers["retry-after"] == str(retry_after)


async def test_a_502_with_html_is_a_server_error_without_a_type(client):
    with pytest.raises(anthropic.InternalServerError) as caught:
        await stream(client, fault="html", status=502)
    assert "<h1>" in caught.value.message
    assert caught.value.type is None


@pytest.mark.parametrize("fault", ["html", "json"])
async def test_a_200_that_is_no_stream_has_no_events_and_no_exception(client, fault):
    async with client.messages.stream(**asking(sim(fault=fault))) as events:
        assert [event async for event in events] == []


@pytest.mark.parametrize("at", [0, 8])
@pytest.mark.parametrize("kind", ["overloaded_error", "api_error"])
async def test_an_error_event_is_a_status_error_with_status_200(client, at, kind):
    with pytest.raises(anthropic.APIStatusError) as caught:
        await stream(client, fault="error", error_type=kind, at=at)
    assert type(caught.value) is anthropic.APIStatusError
    assert (caught.value.status_code, caught.value.type) == (200, kind)


async def test_an_error_event_that_is_not_json_has_no_type(client):
    with pytest.raises(anthropic.APIStatusError) as caught:
        await stream(client, fault="error_text")
    assert (caught.value.status_code, caught.value.type) == (200, None)


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_a_broken_connection_is_a_raw_read_error(simulator, client, fault):
    pieces = []
    with pytest.raises(httpx2.ReadError):
        async with client.messages.stream(**asking(sim(**SHORT, fault=fault, at=8, speed=500))) as events:
            pieces.extend([text async for text in events.text_stream])
    assert simulator.ledger[-1].how == fault
    assert simulator.ledger[-1].tokens == 5
    assert simulator.ledger[-1].text.startswith("".join(pieces))


async def test_the_fault_comes_before_the_event_of_its_number(simulator, client):
    await stream(client, fault="end", at=7)
    assert simulator.ledger[-1].events == 7
    assert simulator.ledger[-1].tokens == 4


async def test_a_clean_end_too_early_is_no_exception(simulator, client):
    assert (await stream(client, fault="end")).stop_reason is None
    assert simulator.ledger[-1].how == "end"


async def test_a_last_frame_without_blank_line_is_dropped(client):
    async with client.messages.stream(**asking(sim(**SHORT, fault="no_blank_line"))) as events:
        names = [event.type async for event in events]
    assert names[-1] == "message_delta"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad_json", json.JSONDecodeError),
        ("bad_utf8", UnicodeDecodeError),
        ("bad_index", IndexError),
        ("bad_tool_json", ValueError),
    ],
)
async def test_bytes_that_make_no_sense_raise_what_python_raises(client, fault, error):
    with pytest.raises(error):
        await stream(client, fault=fault)


async def test_silence_is_a_raw_read_timeout(simulator, client):
    with pytest.raises(httpx2.ReadTimeout):
        await stream(client.with_options(timeout=0.6), fault="silence", at=6)
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert (entry.how, entry.events) == ("client_closed", 6)


async def test_silence_may_pass(client):
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await stream(client, fault="silence", at=6, seconds=0.2)).stop_reason == "end_turn"
    assert loop.time() - began >= 0.2


async def test_pings_alone_never_end_by_the_read_timeout(simulator, client, monkeypatch):
    monkeypatch.setattr("chat.simulator.steps.PING_SECONDS", 0.1)
    reading = asyncio.create_task(stream(client.with_options(timeout=0.6), fault="pings", at=6))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reading, 1.2)
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert entry.events >= 8


async def test_a_slow_steady_stream_outlives_the_read_timeout(client):
    async with asyncio.timeout(5):
        assert (await stream(client.with_options(timeout=0.5), tokens=8, speed=10)).stop_reason == "end_turn"


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_a_reset_after_message_stop_still_raises(client, fault):
    seen = []
    with pytest.raises(httpx2.ReadError):
        async with client.messages.stream(**asking(sim(**SHORT, fault=fault, at="end", speed=500))) as events:
            seen.extend([event.type async for event in events])


async def test_silence_after_message_stop_holds_the_sdk(client):
    with pytest.raises(httpx2.ReadTimeout):
        await stream(client.with_options(timeout=0.6), fault="silence", at="end")


async def test_a_refusal_before_any_output_has_no_content(simulator, client):
    message = await stream(client, tokens=0, stop_reason="refusal")
    assert (message.content, message.stop_reason) == ([], "refusal")
    assert message.stop_details.category == "general_harms"
    assert simulator.ledger[-1].tokens == 0


async def test_a_refusal_in_the_middle_keeps_the_text(client):
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    message = await stream(client, tokens=12, stop_reason="refusal", stop_details=details)
    assert message.usage.output_tokens == 12
    assert message.stop_details.category == "cyber"


@pytest.mark.parametrize("reason", ["max_tokens", "pause_turn", "model_context_window_exceeded", "stop_sequence"])
async def test_any_stop_reason_can_be_had(client, reason):
    assert (await stream(client, stop_reason=reason)).stop_reason == reason


async def test_a_paused_answer_goes_on_where_it_is_sent_back(client):
    asked = asking('Look[[sim {"pauses": 2, "text": "Done."}]]')
    answer, reasons = [], []
    while "end_turn" not in reasons:
        history = [*asked["messages"], {"role": "assistant", "content": answer}] if answer else asked["messages"]
        message = await client.messages.create(**{**asked, "messages": history})
        answer += [block.model_dump(exclude_none=True) for block in message.content]
        reasons.append(message.stop_reason)
    assert reasons == ["pause_turn", "pause_turn", "end_turn"]
    calls = [block["id"] for block in answer if block["type"] == "server_tool_use"]
    assert calls == [block["tool_use_id"] for block in answer if block["type"] == "web_search_tool_result"]
    assert len(set(calls)) == 2
    assert answer[-1]["text"] == "Done."


async def test_a_fault_for_the_first_attempts_lets_a_retry_through(simulator, client):
    message = await stream(client.with_options(max_retries=2), fault=529, times=2, key="retry")
    assert message.stop_reason == "end_turn"
    assert [(entry.how, entry.retry) for entry in simulator.ledger] == [("529", 0), ("529", 1), ("finished", 2)]


async def test_an_unknown_fault_or_key_is_refused(client):
    for keys in ({"fault": "earthquake"}, {"colour": "red"}, {"unknown": "colour"}, {"generate": "poetry"}):
        with pytest.raises(anthropic.BadRequestError, match="directive"):
            await stream(client, **keys)


@pytest.mark.parametrize("text", ["[[sim nonsense]]", '[[sim {"a": 1}', "[[sim 5]]"])
async def test_a_directive_that_cannot_be_read_is_refused(client, text):
    with pytest.raises(anthropic.BadRequestError, match="directive"):
        await client.messages.create(**asking(text))


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_a_whole_message_can_be_reset_too(client, fault):
    with pytest.raises((anthropic.APIConnectionError, httpx2.HTTPError)):
        await client.messages.create(**asking(sim(**SHORT, fault=fault)))


async def test_a_whole_message_can_fail_and_be_silent(client):
    with pytest.raises(anthropic.OverloadedError):
        await client.messages.create(**asking(sim(**SHORT, fault="error")))
    with pytest.raises(anthropic.APITimeoutError):
        await client.with_options(timeout=0.2).messages.create(**asking(sim(**SHORT, fault="silence")))


@pytest.mark.parametrize("fault", sorted(STREAM))
async def test_each_stream_fault_can_come_first_of_all(simulator, client, fault):
    with contextlib.suppress(Exception):
        async with asyncio.timeout(0.5):
            await stream(client, fault=fault, at=0)
    entry = await simulator.ledger.wait_for(lambda entry: entry.how)
    assert entry.fault == fault


async def test_unknown_events_blocks_and_deltas_are_sent(client):
    names = [name for name, _ in await raw_events(client, sim(**SHORT, unknown="event"))]
    assert "conversation_hint" in names
    starts = [data["content_block"]["type"] for name, data in await raw_events(client, sim(**SHORT, unknown="block"))
              if name == "content_block_start"]  # fmt: skip
    assert starts == ["text", "hologram"]
    deltas = [data["delta"]["type"] for name, data in await raw_events(client, sim(**SHORT, unknown="delta"))
              if name == "content_block_delta"]  # fmt: skip
    assert deltas[-1] == "hologram_delta"
