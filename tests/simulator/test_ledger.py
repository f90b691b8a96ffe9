"""The ledger: what was billed, how each connection ended, in the process and over HTTP."""

import asyncio
import time

import aiohttp
import pytest

from chat.simulator import answer_text, count

from .conftest import MODEL, asking, sim

NOTICED = 0.3  # seconds; about 1 ms on an idle machine


async def start(client, simulator, **keys):
    """A stream that has begun, and its entry."""
    stream = await client.messages.create(**asking(sim(**keys)), stream=True)
    entry = await simulator.ledger.wait_for(lambda entry: entry.first_event)
    return stream, entry


async def closed(simulator):
    return await simulator.ledger.wait_for(lambda entry: entry.how, 2)


async def test_a_finished_request_has_all_its_facts(simulator, client):
    async with client.messages.stream(**asking("hi")) as stream:
        message = await stream.get_final_message()
        request_id = stream.request_id
    entry = simulator.ledger[-1]
    assert (entry.id, entry.path, entry.model, entry.status) == (request_id, "/v1/messages", MODEL, 200)
    assert entry.body["messages"][0]["content"] == "hi"
    assert entry.how == "finished"
    assert entry.started <= entry.first_event <= entry.closed
    assert entry.started_at <= entry.first_event_at <= entry.closed_at
    assert entry.text == answer_text("hi")
    assert entry.usage["output_tokens"] == message.usage.output_tokens == count(entry.text)
    assert entry.usage["input_tokens"] == message.usage.input_tokens


@pytest.mark.parametrize(
    "keys",
    [
        {"tokens": 1000, "speed": 20},
        {"fault": "silence", "at": 5},
        {"fault": "pings", "at": 5},
        {"text": "x", "thinking": "A long thought. " * 99, "speed": 10},
        {"generate": "words", "size": 90_000},
    ],
    ids=["slow", "silent", "pings", "hidden thinking", "flood"],
)
async def test_a_client_that_leaves_is_noticed_at_once(simulator, client, keys):
    stream, _ = await start(client, simulator, **keys)
    began = time.monotonic()
    await stream.close()
    entry = await closed(simulator)
    assert entry.how == "client_closed"
    assert entry.closed - began < NOTICED


async def test_a_client_that_leaves_before_the_head_is_noticed(simulator, client):
    asked = asyncio.create_task(client.messages.create(**asking(sim(fault="hang"))))
    await simulator.ledger.wait_for(lambda entry: entry.path)
    began = time.monotonic()
    asked.cancel()
    entry = await closed(simulator)
    assert entry.how == "client_closed"
    assert entry.closed - began < NOTICED
    assert entry.usage["input_tokens"] == entry.usage["output_tokens"] == 0


async def test_a_stopped_stream_is_billed_for_what_was_made(simulator, client):
    pieces = []
    async with client.messages.stream(**asking(sim(tokens=1000, speed=200))) as stream:
        async for text in stream.text_stream:
            pieces.append(text)
            if len(pieces) == 20:
                break
    entry = await closed(simulator)
    assert entry.text.startswith("".join(pieces))
    assert 20 <= entry.usage["output_tokens"] == count(entry.text) < 60
    assert entry.usage["input_tokens"] > 0


async def test_a_whole_message_that_is_left_is_billed_for_what_was_made(simulator, client):
    asked = asyncio.create_task(client.messages.create(**asking(sim(tokens=1000, speed=100))))
    await simulator.ledger.wait_for(lambda entry: entry.charge)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asked, 0.3)
    assert 5 < (await closed(simulator)).usage["output_tokens"] < 100


async def test_a_stream_cut_by_the_servers_end_says_so(simulator, client):
    stream, entry = await start(client, simulator, fault="silence", at=4)
    await simulator.stop()
    assert entry.how == "stopped"
    await stream.close()


async def test_waiting_for_what_never_comes_times_out(simulator):
    with pytest.raises(TimeoutError):
        await simulator.ledger.wait_for(lambda entry: True, 0.01)


async def test_it_can_be_read_and_cleared_over_http(simulator, client):
    await client.messages.create(**asking('say "otter"'))
    await client.messages.create(**asking("hi") | {"model": "claude-opus-5-5"})
    async with aiohttp.ClientSession(simulator.url) as session:

        async def get(path):
            async with session.get(path) as response:
                return response.status, await response.json()

        _, entries = await get("/_simulator/ledger")
        assert [entry["model"] for entry in entries] == [MODEL, "claude-opus-5-5"]
        assert len((await get(f"/_simulator/ledger?model={MODEL}"))[1]) == 1
        assert len((await get("/_simulator/ledger?contains=%22otter%22"))[1]) == 1
        assert (await get(f"/_simulator/ledger/{entries[0]['id']}"))[1] == entries[0]
        assert (await get("/_simulator/ledger/req_none"))[0] == 404
        async with session.delete("/_simulator/ledger") as response:
            assert response.status == 200
        assert (await get("/_simulator/ledger"))[1] == []


async def test_an_entry_can_be_awaited_over_http(simulator, client):
    stream, entry = await start(client, simulator, fault="silence", at=4)
    async with aiohttp.ClientSession(simulator.url) as session:
        waiting = asyncio.create_task(session.get(f"/_simulator/ledger/{entry.id}?wait=5"))
        await stream.close()
        async with await waiting as response:
            assert (await response.json())["how"] == "client_closed"


async def test_a_client_that_does_not_read_stalls_only_itself(simulator, client):
    stream, entry = await start(client, simulator, generate="words", size=90_000)
    assert (await client.messages.create(**asking("hi"))).content
    assert entry.how is None
    assert entry.tokens < 15_000
    await stream.close()
