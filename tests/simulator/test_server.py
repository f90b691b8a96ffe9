"""The simulator from outside: streams, whole messages, counting, models, keys."""

import anthropic
import pytest

from chat import simulator as api
from chat.simulator import Simulator

from .conftest import MODEL, asking, raw_events, sim


async def test_it_sends_the_events_in_the_order_of_the_api(client):
    names = [name for name, _ in await raw_events(client, sim(tokens=3))]
    assert names == [
        "message_start",
        "content_block_start",
        "ping",
        *["content_block_delta"] * 3,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


async def test_it_pads_the_data_inside_the_object(client):
    async with client.messages.with_streaming_response.create(**asking(sim(tokens=30)), stream=True) as response:
        body = (await response.read()).decode()
    assert any("  }\n\n" in frame + "\n\n" for frame in body.split("\n\n"))


async def test_it_streams_the_text_that_answer_text_foretells(client):
    message = sim(generate="markdown", size=20_000)
    async with client.messages.stream(**asking(message)) as stream:
        final = await stream.get_final_message()
    assert final.content[0].text == api.answer_text(message)
    assert len(final.content[0].text) == 20_000
    assert final.stop_reason == "end_turn"


async def test_each_delta_is_one_token(client):
    message = sim(text="Hello there, dear reader of streams.")
    events = await raw_events(client, message)
    pieces = [data["delta"]["text"] for name, data in events if name == "content_block_delta"]
    assert pieces == api.split("Hello there, dear reader of streams.")


async def test_a_whole_message_is_what_the_stream_adds_up_to(client):
    whole = await client.messages.create(**asking("a packing list"))
    async with client.messages.stream(**asking("a packing list")) as stream:
        streamed = await stream.get_final_message()
    assert whole.content[0].text == streamed.content[0].text
    assert whole.usage.output_tokens == streamed.usage.output_tokens


async def test_it_carries_the_headers_of_the_api(client):
    response = await client.messages.with_raw_response.create(**asking("hi"))
    assert response.headers["request-id"].startswith("req_")
    assert response.headers["anthropic-organization-id"]
    assert response.headers["anthropic-ratelimit-requests-remaining"]


async def test_the_request_id_of_an_error_is_in_header_and_body(client):
    with pytest.raises(anthropic.NotFoundError) as caught:
        await client.messages.create(**asking("hi") | {"model": "claude-nobody"})
    assert caught.value.type == "not_found_error"
    assert caught.value.body["request_id"] == caught.value.response.headers["request-id"]


async def test_it_answers_to_both_forms_of_a_key(simulator):
    for given in ({"api_key": "k"}, {"api_key": None, "auth_token": "t"}):
        async with anthropic.AsyncAnthropic(**given, base_url=simulator.url) as client:
            assert await client.messages.create(**asking("hi"))


async def test_it_refuses_the_invalid_key(simulator):
    async with anthropic.AsyncAnthropic(api_key="sk-ant-invalid", base_url=simulator.url) as client:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await client.messages.create(**asking("hi"))
    assert caught.value.type == "authentication_error"


async def test_count_tokens_agrees_with_the_bill(client):
    counted = await client.messages.count_tokens(model=MODEL, messages=asking("How are you?")["messages"])
    answered = await client.messages.create(**asking("How are you?"))
    assert counted.input_tokens == answered.usage.input_tokens


async def test_an_answer_counted_as_a_message_gives_its_output_tokens(client):
    answered = await client.messages.create(**asking(sim(tokens=77)))
    messages = [asking(text)["messages"] for text in (answered.content[0].text, "a")]
    counts = [await client.messages.count_tokens(model=MODEL, messages=each) for each in messages]
    assert counts[0].input_tokens - counts[1].input_tokens + 1 == 77 == answered.usage.output_tokens


async def test_it_lists_and_describes_models(client):
    listed = [model async for model in client.models.list(limit=5)]
    assert MODEL in [model.id for model in listed]
    assert len({model.id for model in listed}) == len(listed) > 10
    found = await client.models.retrieve("claude-haiku-4-5")
    assert (found.max_input_tokens, found.max_tokens) == (200_000, 64_000)
    assert found.capabilities.thinking.types.enabled.supported
    with pytest.raises(anthropic.NotFoundError):
        await client.models.retrieve("claude-nobody")


async def test_some_aliases_answer_as_a_dated_snapshot(client):
    answered = await client.messages.create(**asking("hi") | {"model": "claude-haiku-5-5"})
    assert answered.model == "claude-haiku-5-5-20261007"


async def test_it_refuses_connections_after_stop_and_takes_them_after_another_start(simulator, client):
    await simulator.stop()
    with pytest.raises(anthropic.APIConnectionError):
        await client.messages.create(**asking("hi"))
    await simulator.start(port=int(simulator.url.rpartition(":")[2]))
    assert await client.messages.create(**asking("hi"))


async def test_a_taken_port_is_an_os_error(simulator):
    with pytest.raises(OSError, match="address already in use"):
        await Simulator().start(port=int(simulator.url.rpartition(":")[2]))


async def test_rules_direct_requests_without_a_word_in_the_message(simulator, client):
    simulator.direct({"text": "Yes, captain."}, contains="aye")
    assert (await client.messages.create(**asking("aye aye"))).content[0].text == "Yes, captain."
    assert (await client.messages.create(**asking("hello"))).content[0].text != "Yes, captain."
