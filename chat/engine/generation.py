"""One answer from start to end: a provider's streams in, one well-formed sequence of events out.

Whatever the provider does, the sequence ends with exactly one `Ended`. A call that fails before anything was shown is
made again, after a pause; one that fails later is not, because its text is already read.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from itertools import count

from chat.engine.errors import BadAnswer, CutOff, ProviderError, TimedOut
from chat.engine.events import (
    BlockStarted,
    CallFailed,
    Calling,
    Delta,
    Ended,
    Event,
    Note,
    Outcome,
    Started,
    UsageSeen,
)
from chat.engine.patience import Patience
from chat.engine.provider import Prompt, Provider

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often we try; times in seconds.

    ``idle`` is the longest silence (pings do not count), ``total`` the longest an answer may take with all its calls.
    A ``retry-after`` above ``retry_after_cap`` is not waited for: the person is told instead.
    """

    attempts: int = 3
    idle: float = 120
    total: float = 3600
    first_pause: float = 0.5
    longest_pause: float = 8
    retry_after_cap: float = 20


class _Stopped(Exception):
    """`Generation.stop` was called."""


class Generation:
    """Makes one answer. Iterate over ``events`` once; ``stop`` may be called at any time from the same loop."""

    def __init__(
        self, provider: Provider, prompt: Prompt, limits: Limits, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self.provider = provider
        self.prompt = prompt
        self.limits = limits
        # Whether the call that was announced last has reached the provider; a stop may come between the two.
        self.asked = False
        self._jitter = jitter
        self._shown = False
        self._stop = asyncio.Event()
        self._patience: Patience | None = None
        self._deadline = 0.0

    def stop(self) -> None:
        """End the answer now: the connection is closed and the last event is ``Ended(STOPPED)``."""
        self._stop.set()
        if self._patience:
            self._patience.cut_short()

    async def events(self) -> AsyncGenerator[Event]:
        """The events in the order that `events` describes. Cancelling closes the connection and raises as usual."""
        self._deadline = asyncio.get_running_loop().time() + self.limits.total
        with closing(Patience(self.limits.idle, self._deadline)) as self._patience:
            for attempt in count(1):
                if self._stop.is_set():
                    yield Ended(Outcome.STOPPED)
                    return
                self.asked = False
                yield Calling(attempt)
                try:
                    async with aclosing(self._call(self._patience)) as call:
                        async for event in call:
                            yield event
                    return
                except _Stopped:
                    continue
                except Exception as error:
                    fault = _fault_of(error)
                pause = self._pause_after(fault, attempt)
                if pause is None:
                    yield self._failed(fault)
                    return
                yield CallFailed(fault, pause)
                await self._pause(pause)

    async def _call(self, patience: Patience) -> AsyncGenerator[Event]:
        """The events of one call. Blocks are held back until one has something to show, so that a retry is unseen."""
        held: list[Event] = []
        async with _closing(self.provider.stream(self.prompt)) as stream:
            while True:
                event = await self._next(stream, patience)
                if self._shown or isinstance(event, Started | UsageSeen):
                    yield event
                else:
                    held.append(event)
                    if _shows(event):
                        self._shown = True
                        for each in held:
                            yield each
                if isinstance(event, Ended):
                    return

    async def _next(self, stream: AsyncGenerator[Event], patience: Patience) -> Event:
        if self._stop.is_set():
            raise _Stopped
        self.asked = True
        try:
            return await patience.wait(anext(stream))
        except StopAsyncIteration:
            raise CutOff("The stream ended without message_stop.") from None
        except TimeoutError:
            raise (_Stopped() if self._stop.is_set() else self._timed_out()) from None

    def _timed_out(self) -> TimedOut:
        if asyncio.get_running_loop().time() >= self._deadline:
            return TimedOut(f"The answer took longer than {self.limits.total:g} s.")
        return TimedOut(f"Nothing arrived for {self.limits.idle:g} s.")

    def _pause_after(self, error: ProviderError, attempt: int) -> float | None:
        """Seconds until the next attempt, or ``None`` where there is none."""
        if self._shown or self._stop.is_set() or not error.retryable or attempt >= self.limits.attempts:
            return None
        longest = min(self.limits.first_pause * 2.0 ** (attempt - 1), self.limits.longest_pause)
        pause = longest * (0.5 + self._jitter() / 2) if error.retry_after is None else error.retry_after
        asked_too_much = error.retry_after is not None and pause > self.limits.retry_after_cap
        too_late = asyncio.get_running_loop().time() + pause >= self._deadline
        return None if asked_too_much or too_late else pause

    def _failed(self, error: ProviderError) -> Ended:
        """The end after a fault; one that comes together with a stop is the stop's."""
        return Ended(Outcome.STOPPED) if self._stop.is_set() else Ended(Outcome.FAILED, error=error)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()


@asynccontextmanager
async def _closing(stream: AsyncGenerator[Event]) -> AsyncGenerator[AsyncGenerator[Event]]:
    """Close a provider's stream; a fault in that hides neither the end of the answer nor what led to it."""
    try:
        yield stream
    finally:
        try:
            await stream.aclose()
        except Exception:
            logger.exception("A provider's stream could not be closed.")


def _fault_of(error: Exception) -> ProviderError:
    if isinstance(error, ProviderError):
        return error
    logger.error("A provider raised what it should have turned into a ProviderError.", exc_info=error)
    return BadAnswer(repr(error))


def _shows(event: Event) -> bool:
    """Whether a reader can see this. Most blocks, such as a search's results, show something without a delta."""
    if isinstance(event, BlockStarted):
        kind = event.block["type"]
        return kind not in ("text", "thinking") or bool(event.block.get(kind))
    return isinstance(event, Note | Ended) or (isinstance(event, Delta) and bool(event.text))
