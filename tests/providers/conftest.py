"""The real provider in front of a simulator, and what the tests ask it."""

import asyncio
import json
from contextlib import aclosing

import pytest

from chat.engine.provider import Prompt
from chat.providers.anthropic import AnthropicProvider
from chat.simulator import Simulator

MODEL = "claude-sonnet-5-5"
KEY = "sk-ant-of-a-test"


@pytest.fixture
async def simulator():
    async with Simulator(speed=0) as running:
        yield running


@pytest.fixture
async def open_provider(simulator):
    """Opens providers in front of the simulator; they are closed with the test, and must leave no task behind."""
    opened = []

    def make(**settings):
        opened.append(AnthropicProvider(**{"api_key": KEY, "base_url": simulator.url, **settings}))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()


@pytest.fixture
def provider(open_provider):
    return open_provider()


def asking(text="", /, **keys):
    """A prompt of one message; keys are the simulator's directive."""
    content = f"{text}[[sim {json.dumps(keys)}]]" if keys else text
    return Prompt(MODEL, [{"role": "user", "content": content}], max_tokens=20_000)


async def all_events(provider, prompt):
    """What one call yields."""
    async with asyncio.timeout(10), aclosing(provider.stream(prompt)) as events:
        return [event async for event in events]


async def until_it_fails(provider, prompt, expected):
    """What one call yields before it fails, and the error."""
    seen = []
    try:
        async with asyncio.timeout(10), aclosing(provider.stream(prompt)) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before the error is wanted
    except expected as error:
        return seen, error
    raise AssertionError(f"{expected.__name__} was not raised.")
