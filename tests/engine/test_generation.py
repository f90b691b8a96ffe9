"""One answer from start to end: retries, silence, deadlines, stops, and exactly one end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.errors import BadAnswer, BadKey, CutOff, Overloaded, ProviderError, RateLimited, TimedOut
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
from chat.engine.generation import Generation, Limits
from chat.engine.provider import Prompt
from chat.engine.reply import Reply
from tests.engine.clock import run
from tests.engine.scripted import ANSWER, COMPLETE, PROMPT, STARTED, TEXT, USED, Scripted, Step, answer

BUSY = Overloaded()
STOPPED = Ended(Outcome.STOPPED)


def no_jitter() -> float:
    return 1.0


def test_an_answer_passes_through_as_it_comes() -> None:
    provider = Scripted(ANSWER)
    assert answer(provider).events == [Calling(1), *ANSWER]
    assert len(provider.opened) == 1


def test_every_event_comes_at_once() -> None:
    seen = answer(Scripted([STARTED, 1, TEXT, Delta(0, "a"), 2, Delta(0, "b"), 3, COMPLETE]))
    assert seen.times == [0, 0, 1, 1, 3, 6]


def test_the_stream_is_read_no_further_than_its_end() -> None:
    seen = answer(Scripted([*ANSWER, Delta(0, "late"), ValueError("later"), COMPLETE]))
    assert seen.end is COMPLETE
    assert seen.text == "Because"


@pytest.mark.parametrize("before", [[], [STARTED], [STARTED, USED, TEXT], [STARTED, TEXT, Delta(0, "")]])
def test_a_call_that_fails_before_anything_is_shown_is_made_again_unseen(before: list[Step]) -> None:
    seen = answer(Scripted([*before, BUSY], ANSWER))
    shown = [event for event in before if isinstance(event, Started | UsageSeen)]
    pause = seen.of(CallFailed)[0].retry_in
    assert seen.events == [Calling(1), *shown, CallFailed(BUSY, pause), Calling(2), *ANSWER]


@pytest.mark.parametrize(
    "shown",
    [
        [TEXT, Delta(0, "Be")],
        [BlockStarted(0, {"type": "text", "text": "Be"})],
        [BlockStarted(0, {"type": "thinking", "thinking": ""}), Delta(0, "Hm")],
        [
            BlockStarted(0, {"type": "thinking", "thinking": ""}),
            Note(0, {"type": "signature_delta", "signature": "Eq"}),
        ],
        [BlockStarted(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})],
        [BlockStarted(0, {"type": "hologram"})],
    ],
)
def test_a_call_that_fails_after_something_was_shown_is_not_made_again(shown: list[Step]) -> None:
    provider = Scripted([STARTED, *shown, BUSY])
    seen = answer(provider)
    assert seen.events == [Calling(1), STARTED, *shown, Ended(Outcome.FAILED, error=BUSY)]
    assert len(provider.opened) == 1


def test_a_fault_that_time_does_not_cure_is_not_tried_again() -> None:
    error = BadKey()
    assert answer(Scripted([error])).events == [Calling(1), Ended(Outcome.FAILED, error=error)]


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_it_gives_up_after_so_many_attempts(attempts: int) -> None:
    seen = answer(Scripted([BUSY]), Limits(attempts=attempts))
    assert [event.attempt for event in seen.of(Calling)] == list(range(1, attempts + 1))
    assert seen.end.error is BUSY


@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_the_pauses_double_up_to_the_longest_and_are_spread_by_half(jitter: float, factor: float) -> None:
    seen = answer(Scripted([BUSY]), Limits(attempts=7, first_pause=0.5, longest_pause=8), jitter=lambda: jitter)
    pauses = [event.retry_in for event in seen.of(CallFailed)]
    assert pauses == [factor * whole for whole in (0.5, 1, 2, 4, 8, 8)]
    assert seen.times[-1] == pytest.approx(sum(pauses))


@given(st.integers(2, 9))
def test_the_jitter_stays_within_its_bounds(attempts: int) -> None:
    for attempt, event in enumerate(answer(Scripted([BUSY]), Limits(attempts=attempts)).of(CallFailed)):
        longest = min(0.5 * 2**attempt, 8)
        assert longest / 2 <= event.retry_in <= longest


@pytest.mark.parametrize("seconds", [0, 0.25, 3, 20])
def test_it_waits_as_long_as_the_api_asks(seconds: float) -> None:
    provider = Scripted([RateLimited(retry_after=seconds)], ANSWER)
    assert answer(provider, Limits(retry_after_cap=20)).of(CallFailed)[0].retry_in == seconds
    assert provider.opened[1] - provider.opened[0] == pytest.approx(seconds)


def test_it_does_not_wait_longer_than_the_cap_but_tells_how_long_it_would_be() -> None:
    seen = answer(Scripted([RateLimited(retry_after=20.5)]), Limits(retry_after_cap=20))
    assert seen.events[1:] == [seen.end]
    assert seen.end.error is not None
    assert seen.end.error.retry_after == 20.5
    assert seen.times[-1] == 0


@pytest.mark.parametrize("before", [[], [STARTED, USED], [STARTED, TEXT, Delta(0, "Be")]])
def test_silence_ends_a_call(before: list[Step]) -> None:
    provider = Scripted([*before, 1000.0])
    seen = answer(provider, Limits(attempts=1, idle=7))
    assert isinstance(seen.end.error, TimedOut)
    assert seen.end.error.detail == "Nothing arrived for 7 s."
    assert provider.closed == [7]


def test_a_slow_but_steady_stream_is_not_silent() -> None:
    steps: list[Step] = [STARTED, TEXT]
    for _ in range(100):
        steps += [6.9, Delta(0, "a")]
    assert answer(Scripted([*steps, COMPLETE]), Limits(idle=7)).end is COMPLETE


def test_a_reader_that_is_slow_is_not_silence() -> None:
    async def read() -> list[Event]:
        seen = []
        async with aclosing(Generation(Scripted(ANSWER), PROMPT, Limits(idle=1)).events()) as events:
            async for event in events:
                await asyncio.sleep(5)
                seen.append(event)
        return seen

    assert run(read())[-1] is COMPLETE


def test_silence_before_anything_is_shown_is_tried_again() -> None:
    seen = answer(Scripted([STARTED, 1000], ANSWER), Limits(idle=7, first_pause=2), jitter=no_jitter)
    assert seen.end is COMPLETE
    assert seen.times[-1] == 9


def test_no_answer_takes_longer_than_the_total() -> None:
    steps: list[Step] = [STARTED, TEXT]
    for _ in range(100):
        steps += [1, Delta(0, "a")]
    provider = Scripted(steps)
    seen = answer(provider, Limits(total=10.5))
    assert isinstance(seen.end.error, TimedOut)
    assert seen.end.error.detail == "The answer took longer than 10.5 s."
    assert seen.text == "a" * 10
    assert provider.closed == [10.5]


def test_the_total_counts_all_calls_and_nothing_is_tried_beyond_it() -> None:
    provider = Scripted([1000])
    seen = answer(provider, Limits(attempts=9, idle=4, total=10, first_pause=1), jitter=no_jitter)
    assert provider.opened == [0, 5]
    assert seen.times[-1] == 9
    assert seen.end.error is not None
    assert seen.end.error.detail == "Nothing arrived for 4 s."


def test_a_call_that_reaches_the_total_is_not_made_again() -> None:
    provider = Scripted([1000])
    seen = answer(provider, Limits(attempts=9, idle=40, total=10))
    assert provider.opened == [0]
    assert seen.end.error is not None
    assert seen.end.error.detail == "The answer took longer than 10 s."


@pytest.mark.parametrize("before", [[], [STARTED], [STARTED, TEXT, Delta(0, "Be")]])
def test_a_stream_that_just_ends_was_cut_off(before: list[Step]) -> None:
    assert isinstance(answer(Scripted(before), Limits(attempts=1)).end.error, CutOff)


@pytest.mark.parametrize("error", [KeyError("type"), RuntimeError(), UnicodeError(), StopIteration()], ids=repr)
def test_what_a_provider_must_not_raise_is_a_bad_answer(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    seen = answer(Scripted([STARTED, TEXT, Delta(0, "Be"), error]))
    assert isinstance(seen.end.error, BadAnswer)
    assert seen.text == "Be"
    assert caplog.records[0].exc_info


def test_a_provider_that_cannot_even_be_called_is_a_bad_answer() -> None:
    class Broken(Scripted):
        def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
            raise KeyError("stream")

    assert isinstance(answer(Broken()).end.error, BadAnswer)


@pytest.mark.parametrize("error", [Overloaded(), ValueError("no")], ids=repr)
@pytest.mark.parametrize("stop_at", [[], [3]])
def test_a_fault_of_closing_hides_nothing(error: Exception, stop_at: list[float]) -> None:
    class Clumsy(Scripted):
        async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
            try:
                yield STARTED
                yield TEXT
                yield Delta(0, "Be")
                await asyncio.sleep(5)
                yield COMPLETE
            finally:
                raise error

    seen = answer(Clumsy(), stop_at=stop_at)
    assert seen.end == (STOPPED if stop_at else COMPLETE)
    assert seen.text == "Be"


def test_a_provider_that_makes_a_fault_of_the_stop_was_stopped() -> None:
    class Nervous(Scripted):
        async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
            yield STARTED
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                raise CutOff from None

    assert answer(Nervous(), stop_at=[3]).events == [Calling(1), STARTED, STOPPED]


steps = st.one_of(
    st.sampled_from([*ANSWER, STARTED, COMPLETE, Delta(0, ""), Note(0, {"type": "note"})]),
    st.builds(
        lambda kind, after: kind(retry_after=after),
        *[st.sampled_from([Overloaded, RateLimited, BadKey, CutOff])],
        st.none() | st.floats(0, 30),
    ),
    st.sampled_from([ValueError("no"), KeyError("type"), OSError(), StopIteration(), TimeoutError(), RecursionError()]),
    st.sampled_from([0.0, 0.5, 5.0, 50.0]),
)


@given(
    st.lists(st.lists(steps, max_size=8) | st.just(ANSWER), min_size=1, max_size=4),
    st.integers(1, 4),
    st.lists(st.floats(0, 30), max_size=2),
    st.sampled_from([None, Calling, CallFailed, Started, Delta, Ended]),
)
def test_there_is_exactly_one_end_whatever_the_provider_does(
    calls: list[list[Step]], attempts: int, stop_at: list[float], stop_on: type | None
) -> None:
    provider = Scripted(*calls)
    limits = Limits(attempts=attempts, idle=7, total=40)
    seen = answer(provider, limits, stop_at=stop_at, stop_on=stop_on)
    assert seen.times[-1] <= 40
    assert len(seen.of(Calling)) <= attempts
    failed_at = max((seen.events.index(event) for event in seen.of(CallFailed)), default=0)
    assert not any(isinstance(event, BlockStarted | Delta | Note) for event in seen.events[:failed_at])
    assert stop_at or stop_on or seen.end.outcome is not Outcome.STOPPED


@given(st.integers(0, len(ANSWER)), st.sampled_from([BUSY, BadKey(), CutOff()]), st.integers(1, 3))
def test_the_reply_of_a_failed_call_holds_what_was_shown(cut: int, error: ProviderError, attempts: int) -> None:
    seen = answer(Scripted([*ANSWER[:cut], error]), Limits(attempts=attempts))
    assert "".join(block.text for block in Reply(seen.events).blocks) == seen.text
