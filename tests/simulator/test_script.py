"""What is answered: thinking, tools, web search, exact content, limits, usage."""

import time

from chat.simulator import answer_text, count, split

from .conftest import asking, raw_events, sim

SUMMARIZED = {"thinking": {"type": "adaptive", "display": "summarized"}}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}


async def final(client, text, **more):
    async with client.messages.stream(**asking(text, **more)) as stream:
        return await stream.get_final_message()


async def test_summarized_thinking_streams_text_and_a_signature(client):
    message = await final(client, "why is the sky dark?", **SUMMARIZED)
    thinking, text = message.content
    assert thinking.thinking
    assert thinking.signature
    assert text.text == answer_text("why is the sky dark?")
    details = message.usage.output_tokens_details
    assert details.thinking_tokens == count(thinking.thinking)
    assert message.usage.output_tokens == details.thinking_tokens + count(text.text)


async def test_omitted_thinking_is_empty_but_billed(client):
    message = await final(client, sim(text="Yes.", thinking="One two three."))
    assert message.content[0].thinking == ""
    assert message.content[0].signature
    assert message.usage.output_tokens_details.thinking_tokens == count("One two three.")


async def test_the_signature_comes_just_before_the_block_stops(client):
    events = await raw_events(client, sim(text="Yes.", thinking="Hm."), **SUMMARIZED)
    kinds = [data.get("delta", {}).get("type", name) for name, data in events]
    assert kinds[kinds.index("content_block_stop") - 1] == "signature_delta"


async def test_thinking_can_be_redacted(client):
    message = await final(client, sim(text="Yes.", redacted=True))
    assert [block.type for block in message.content] == ["redacted_thinking", "text"]
    assert message.content[0].data


async def test_a_model_told_not_to_think_does_not(client):
    message = await final(client, "why is the sky dark?", thinking={"type": "between_tools"})
    assert [block.type for block in message.content] == ["text"]


async def test_an_offered_tool_is_called_with_input_by_its_schema(client):
    message = await final(client, "What is the weather in Paris for 3 days?", tools=[WEATHER])
    assert message.stop_reason == "tool_use"
    assert message.content[-1].name == "get_weather"
    assert message.content[-1].input == {"city": "Paris", "days": 3}


async def test_a_tools_result_is_answered(client):
    first = await final(client, "What is the weather in Paris?", tools=[WEATHER])
    result = {"type": "tool_result", "tool_use_id": first.content[-1].id, "content": "Rain."}
    messages = [
        *asking("What is the weather in Paris?")["messages"],
        {"role": "assistant", "content": [block.to_dict() for block in first.content]},
        {"role": "user", "content": [result]},
    ]
    message = await final(client, "", tools=[WEATHER], messages=messages)
    assert "Rain." in message.content[0].text
    assert message.stop_reason == "end_turn"


async def test_a_web_search_has_results_and_cited_text(client):
    message = await final(client, "search the web for streaming")
    kinds = [block.type for block in message.content]
    assert kinds[:3] == ["text", "server_tool_use", "web_search_tool_result"]
    cited = [block for block in message.content if block.type == "text" and block.citations]
    assert len(cited) == 3
    assert all(block.citations[0].type == "web_search_result_location" for block in cited)
    assert message.content[1].input == {"query": "search the web for streaming"}
    assert message.usage.server_tool_use.web_search_requests == 1
    assert "".join(block.text for block in message.content if block.type == "text") == answer_text(
        "search the web for streaming"
    )


async def test_a_web_search_makes_the_input_grow_during_the_answer(client):
    events = await raw_events(client, "search the web for streaming")
    start = events[0][1]["message"]["usage"]["input_tokens"]
    end = next(data["usage"]["input_tokens"] for name, data in events if name == "message_delta")
    assert end > start + 50


async def test_a_whole_answer_with_every_block_can_be_sent_back(client):
    for question in ("search the web for streaming", "why is the sky dark?"):
        first = await final(client, question, **SUMMARIZED)
        history = [
            *asking(question)["messages"],
            {"role": "assistant", "content": [block.to_dict() for block in first.content]},
            {"role": "user", "content": "And then?"},
        ]
        assert await final(client, "", messages=history, **SUMMARIZED)


async def test_blocks_can_be_given_exactly(client):
    blocks = [{"type": "text", "text": "One"}, {"type": "container_upload", "file_id": "file_1"}]
    message = await final(client, sim(blocks=blocks))
    assert [block.type for block in message.content] == ["text", "container_upload"]


async def test_max_tokens_cuts_the_answer(client):
    message = await final(client, "a long essay", max_tokens=40)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 40)
    assert message.content[0].text == "".join(split(answer_text("a long essay"))[:40])


async def test_the_last_usage_can_be_extended_and_sent_in_parts(client):
    events = await raw_events(client, sim(tokens=5, message_deltas=2, usage={"iterations": [{"type": "message"}]}))
    deltas = [data for name, data in events if name == "message_delta"]
    assert [each["delta"]["stop_reason"] for each in deltas] == [None, "end_turn"]
    assert [each["usage"].get("iterations") for each in deltas] == [None, [{"type": "message"}]]


async def test_the_answer_may_name_any_model(client):
    assert (await final(client, sim(text="x", model="claude-other-1"))).model == "claude-other-1"


async def test_stamps_tell_when_each_piece_was_sent(client):
    arrived = []
    async with client.messages.stream(**asking(sim(tokens=5, stamps=True, speed=50))) as stream:
        async for text in stream.text_stream:
            arrived += [(each.split(":"), time.monotonic_ns()) for each in text.split()]
    assert [int(stamp[0]) for stamp, _ in arrived] == list(range(5))
    assert all(0 <= now - int(stamp[1]) < 1e9 for stamp, now in arrived)


async def test_stamped_pieces_are_billed_as_they_count(client):
    message = await final(client, sim(tokens=5, stamps=True))
    assert message.usage.output_tokens == count(message.content[0].text)


async def test_several_tokens_may_share_an_event(client):
    events = await raw_events(client, sim(tokens=20, per_event=7))
    assert sum(name == "content_block_delta" for name, _ in events) == 3
    usage = next(data["usage"] for name, data in events if name == "message_delta")
    assert usage["output_tokens"] == 20


async def test_the_speed_does_not_drift(simulator, client):
    await final(client, sim(tokens=100, speed=200))
    entry = simulator.ledger[-1]
    assert 0.49 < entry.closed - entry.first_event < 0.9


async def test_the_head_and_the_first_event_can_be_late(simulator, client):
    began = time.monotonic()
    response = await client.messages.with_raw_response.create(**asking(sim(text="x", head_delay=0.1)))
    assert response.status_code == 200
    assert time.monotonic() - began >= 0.1
    await final(client, sim(text="x", first_delay=0.1))
    assert simulator.ledger[-1].first_event - simulator.ledger[-1].started >= 0.1


async def test_pings_may_come_alone_for_a_while(client):
    names = [name for name, _ in await raw_events(client, sim(text="x", pings=1.2))]
    assert names[:4] == ["message_start", "ping", "ping", "content_block_start"]
