"""A simulator at full speed and the real SDK in front of it."""

import json

import pytest
from anthropic import AsyncAnthropic, DefaultAioHttpClient

from chat.simulator import Simulator

MODEL = "claude-sonnet-5-5"


@pytest.fixture
async def simulator():
    async with Simulator(speed=0) as running:
        yield running


@pytest.fixture
async def client(simulator):
    http = DefaultAioHttpClient(verify=False)  # plain HTTP: saves reading the certificates each time
    async with AsyncAnthropic(api_key="any", base_url=simulator.url, http_client=http, max_retries=0) as made:
        yield made


def sim(**keys):
    """A user message that is nothing but a directive."""
    return f"[[sim {json.dumps(keys)}]]"


def asking(text, **more):
    """The arguments of a request with one user message."""
    return {"model": MODEL, "max_tokens": 20_000, "messages": [{"role": "user", "content": text}], **more}


async def raw_events(client, text, **more):
    """All frames of a streamed answer, pings included, as (event, data)."""
    async with client.messages.with_streaming_response.create(**asking(text, **more), stream=True) as response:
        body = (await response.read()).decode()
    frames = [frame.split("\n") for frame in body.split("\n\n") if frame]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in frames]
