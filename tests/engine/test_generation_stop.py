"""Stopping, leaving and cancelling an answer: the stream is closed at once, and a stop is an end like any other."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from chat.engine.errors import BadKey, RateLimited
from chat.engine.events import CallFailed, Calling, Delta, Ended, Event, Outcome
from chat.engine.generation import Generation, Limits
from chat.engine.provider import Prompt
from tests.engine.clock import run
from tests.engine.scripted import ANSWER, COMPLETE, PROMPT, STARTED, TEXT, USED, Scripted, Step, answer, now

STOPPED = Ended(Outcome.STOPPED)


def test_a_stop_before_the_call_makes_no_call() -> None:
    async def read() -> list[Event]:
        generation = Generation(provider, PROMPT, Limits())
        generation.stop()
        return [event async for event in generation.events()]

    provider = Scripted(ANSWER)
    assert run(read()) == [STOPPED]
    assert provider.opened == []


def test_a_stop_while_the_call_is_announced_makes_no_call() -> None:
    provider = Scripted(ANSWER)
    assert answer(provider, stop_on=Calling).events == [Calling(1), STOPPED]
    assert provider.opened == []


@pytest.mark.parametrize(("stopped_on", "asked"), [(Calling, False), (Delta, True)])
def test_it_knows_whether_the_provider_was_asked(stopped_on: type[Event], asked: bool) -> None:
    async def stopped() -> bool:
        generation = Generation(Scripted(ANSWER), PROMPT, Limits())
        async for event in generation.events():
            if isinstance(event, stopped_on):
                generation.stop()
        return generation.asked

    assert run(stopped()) is asked


@pytest.mark.parametrize(
    "before",
    [[], [STARTED, USED], [STARTED, TEXT], [STARTED, TEXT, Delta(0, "Be")], [STARTED, 1, TEXT, Delta(0, "Be")]],
)
def test_a_stop_while_it_waits_closes_the_stream_at_once(before: list[Step]) -> None:
    provider = Scripted([*before, 1000.0, *ANSWER])
    seen = answer(provider, stop_at=[3.0])
    assert seen.end == STOPPED
    assert seen.text in {"", "Be"}
    assert seen.times[-1] == 3
    assert provider.closed == [3]


def test_a_stop_with_an_event_in_hand_shows_no_further_one() -> None:
    provider = Scripted(ANSWER)
    seen = answer(provider, stop_on=Delta)
    assert seen.text == "Be"
    assert seen.end == STOPPED


@pytest.mark.parametrize("how", [{"stop_at": [0.25]}, {"stop_on": CallFailed}])
def test_a_stop_in_a_pause_ends_it(how) -> None:
    provider = Scripted([RateLimited(retry_after=15)], ANSWER)
    seen = answer(provider, **how)
    assert [type(event) for event in seen.events] == [Calling, CallFailed, Ended]
    assert seen.end == STOPPED
    assert seen.times[-1] <= 0.25
    assert len(provider.opened) == 1


def test_a_second_stop_changes_nothing() -> None:
    assert answer(Scripted([STARTED, 1000.0]), stop_at=[3, 3, 3.1]).end == STOPPED


def test_a_second_stop_while_the_stream_still_closes_changes_nothing() -> None:
    class Slow(Scripted):
        async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
            try:
                yield STARTED
                await asyncio.sleep(1000)
            finally:
                await asyncio.sleep(1)

    seen = answer(Slow(), stop_at=[3, 3.5])
    assert seen.end == STOPPED
    assert seen.times[-1] == 4


def test_a_stop_after_the_end_changes_nothing() -> None:
    assert answer(Scripted(ANSWER), stop_on=Ended).end is COMPLETE
    assert answer(Scripted([BadKey()]), stop_on=Ended).end.outcome is Outcome.FAILED


def test_a_generation_that_is_left_closes_its_stream() -> None:
    async def leave() -> None:
        async with aclosing(Generation(provider, PROMPT, Limits()).events()) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        assert provider.closed == [0]

    provider = Scripted(ANSWER)
    run(leave())


@pytest.mark.parametrize("before", [[], [STARTED], [STARTED, TEXT, Delta(0, "Be")], [RateLimited(retry_after=9)]])
@pytest.mark.parametrize("stopped_too", [False, True])
def test_a_cancelled_reader_closes_the_stream_and_is_cancelled(before: list[Step], stopped_too: bool) -> None:
    async def read() -> None:
        async with aclosing(generation.events()) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - what came before the cancellation counts

    async def cancelled() -> None:
        reader = asyncio.create_task(read())
        await asyncio.sleep(3)
        if stopped_too:
            generation.stop()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert now() == 3

    seen: list[Event] = []
    provider = Scripted([*before, 1000.0])
    generation = Generation(provider, PROMPT, Limits())
    run(cancelled())
    assert len(provider.closed) == 1
    assert not any(isinstance(event, Ended) for event in seen)
