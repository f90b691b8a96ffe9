"""A provider that plays what a test tells it, and what a test does to a generation and sees of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from chat.engine.events import BlockEnded, BlockStarted, Delta, Ended, Event, Json, Outcome, Started, UsageSeen
from chat.engine.generation import Generation, Limits
from chat.engine.provider import Prompt
from tests.engine.clock import run

Step = Event | Exception | float | Callable[[], None]
PROMPT = Prompt("claude-sonnet-5-5", [{"role": "user", "content": "Why?"}], 100)
STARTED = Started("claude-sonnet-5-5", "req_1")
USED = UsageSeen({"input_tokens": 5, "output_tokens": 1})
TEXT = BlockStarted(0, {"type": "text", "text": ""})
COMPLETE = Ended(Outcome.COMPLETE, "end_turn")
LIMITS = Limits()
ANSWER: list[Step] = [STARTED, USED, TEXT, Delta(0, "Be"), Delta(0, "cause"), BlockEnded(0), COMPLETE]


class Scripted:
    """Plays one list of steps per call, the last one again and again.

    An event is yielded, an exception raised, a number of seconds waited, a function called. Then the stream ends.
    """

    def __init__(self, *calls: Sequence[Step]) -> None:
        self.calls = calls
        self.opened: list[float] = []
        self.closed: list[float] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
        assert prompt is PROMPT
        steps = self.calls[min(len(self.opened), len(self.calls) - 1)]
        self.opened.append(now())
        try:
            for step in steps:
                if isinstance(step, float | int):
                    await asyncio.sleep(step)
                elif isinstance(step, Exception):
                    raise step
                elif callable(step):
                    step()
                else:
                    yield step
        finally:
            self.closed.append(now())

    async def count_tokens(self, model: str, messages: Sequence[Json]) -> int:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


class Seen:
    """What a reader saw: the events, and when each of them came, in seconds from the start."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times: list[float] = []

    @property
    def end(self) -> Ended:
        ended = [event for event in self.events if isinstance(event, Ended)]
        assert len(ended) == 1
        assert self.events[-1] is ended[0]
        assert (ended[0].outcome is Outcome.FAILED) == (ended[0].error is not None)
        return ended[0]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Delta))

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def answer(
    provider: Any, limits: Limits = LIMITS, *, stop_at: Sequence[float] = (), stop_on: type | None = None, **more: Any
) -> Seen:
    """Read a generation to its end, stopping it at some times, or with an event of some type in hand."""

    async def read() -> Seen:
        seen = Seen()
        generation = Generation(provider, PROMPT, limits, **more)
        for time in stop_at:
            asyncio.get_running_loop().call_at(time, generation.stop)
        async with aclosing(generation.events()) as events:
            async for event in events:
                seen.events.append(event)
                seen.times.append(now())
                if stop_on and isinstance(event, stop_on):
                    generation.stop()
        if isinstance(provider, Scripted):
            assert len(provider.opened) == len(provider.closed)
        return seen

    return run(read())


def now() -> float:
    return asyncio.get_running_loop().time()
