"""The legal order of events, as the module's docstring draws it."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.errors import BadKey, Overloaded
from chat.engine.events import (
    BlockEnded,
    BlockStarted,
    CallFailed,
    Calling,
    Delta,
    Ended,
    Event,
    Note,
    Started,
    UsageSeen,
)
from chat.engine.generation import Limits
from tests.engine.scripted import ANSWER, STARTED, Scripted, answer
from tests.engine.sequences import sequences

LETTERS = {Calling: "c", CallFailed: "f", Started: "s", UsageSeen: "u", BlockStarted: "b", BlockEnded: "e"}
LETTERS |= {Delta: "d", Note: "n", Ended: "."}
LEGAL = re.compile(r"(c(su*)?f)*(c(s(u|b[dnu]*e?)*)?)?\.")


def spelled(events: list[Event]) -> str:
    return "".join(LETTERS[type(event)] for event in events)


calls_that_fail = st.builds(
    lambda cut, error: [*ANSWER[:cut], error], st.integers(0, 5), st.sampled_from([Overloaded(), BadKey()])
)


@given(
    st.lists(calls_that_fail, max_size=3),
    sequences(),
    st.sampled_from([None, Calling, CallFailed, Started, Delta]),
)
def test_a_provider_that_keeps_the_order_within_a_call_gives_the_whole_order(
    failing: list[list[Event | Exception]], last: list[Event], stop_on: type | None
) -> None:
    seen = answer(Scripted(*failing, last), Limits(attempts=3), stop_on=stop_on)
    assert LEGAL.fullmatch(spelled(seen.events)), spelled(seen.events)


@pytest.mark.parametrize("kind", LETTERS)
def test_an_event_cannot_be_changed(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_events_are_equal_by_value() -> None:
    assert Started("claude-sonnet-5-5", "req_1") == STARTED
    assert Delta(0, "a") != Delta(1, "a")
