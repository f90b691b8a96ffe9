"""Which provider is configured: one for each event loop, made on first use, closed with it."""

import asyncio
import gc

import pytest

from chat import providers
from chat.engine import errors
from chat.engine.events import Outcome
from chat.providers import aclose_provider, get_provider, is_simulated
from chat.simulator import Simulator

from .conftest import all_events, asking


@pytest.fixture(autouse=True)
async def closed_again():
    yield
    await aclose_provider()


async def test_without_a_key_the_simulator_answers_at_its_speed(settings):
    settings.CHAT_SIMULATOR_SPEED = 1000
    assert is_simulated()
    events = await all_events(await get_provider(), asking(tokens=5))
    assert events[-1].outcome is Outcome.COMPLETE


async def test_with_a_base_url_that_address_answers_and_is_no_simulation(settings):
    async with Simulator(speed=0) as simulator:
        settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_API_KEY = simulator.url, "any"
        assert not is_simulated()
        await all_events(await get_provider(), asking(tokens=5))
        assert len(simulator.ledger) == 1


async def test_a_base_url_without_a_key_is_told_from_a_simulation(settings, unused_port):
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{unused_port}"
    assert not is_simulated()
    with pytest.raises(errors.Unreachable):
        await all_events(await get_provider(), asking("hi"))


async def test_a_key_alone_means_the_api_itself(settings):
    settings.ANTHROPIC_API_KEY = "sk-ant-real"
    assert not is_simulated()
    provider = await get_provider()
    assert str(provider._client.base_url) == "https://api.anthropic.com"


async def test_the_times_of_the_settings_are_the_times_of_the_provider(settings):
    settings.CHAT_CONNECT_SECONDS, settings.CHAT_IDLE_SECONDS = 3, 0.2
    with pytest.raises(errors.TimedOut):
        await all_events(await get_provider(), asking(fault="hang"))


async def test_all_who_ask_at_once_get_the_same():
    assert len(set(await asyncio.gather(*[get_provider() for _ in range(10)]))) == 1


async def test_whoever_gives_up_asking_does_not_disturb_the_others():
    impatient = asyncio.create_task(get_provider())
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await all_events(await get_provider(), asking(tokens=1)))[-1].outcome is Outcome.COMPLETE


async def test_after_closing_a_new_one_is_made():
    first = await get_provider()
    await aclose_provider()
    await aclose_provider()
    assert await get_provider() is not first


async def test_a_simulator_that_could_not_start_is_tried_again(monkeypatch):
    async def refuse(self):
        raise OSError("no port left")

    with monkeypatch.context() as patched:
        patched.setattr(Simulator, "__aenter__", refuse)
        with pytest.raises(OSError, match="no port left"):
            await get_provider()
    assert await get_provider()


def test_each_event_loop_has_its_own_and_closes_it_at_its_end():
    async def ask():
        provider = await get_provider()
        await all_events(provider, asking(tokens=3))
        return provider

    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert first is not second
    assert first._client.is_closed()
    asyncio.run(aclose_provider())
    asyncio.run(ask())
    assert len(providers._opened) == 1
    gc.collect()  # anything left open would warn now, and warnings are errors
