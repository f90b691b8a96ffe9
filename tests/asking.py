"""Questions, answers and refusals in the database alone: without any tab, runner or API."""

from contextlib import contextmanager
from uuid import uuid4

import pytest

from chat import turns
from chat.engine.errors import Refused
from chat.engine.events import Outcome

ME = "this-host:1:0"


def said(text):
    """A block of text."""
    return {"type": "text", "text": text}


def begin(user, text="Why is the sky blue?", *, key=None, after=None, **fields):
    """A turn that waits for its answer: in a new conversation, or after another turn."""
    place = {"conversation": after.conversation, "parent": after.turn} if after else {}
    place = {"conversation": None, "parent": None, **place, **fields}
    return turns.begin(user, key=key or uuid4(), text=text, **place)


def answered(user, text="Why is the sky blue?", *blocks, outcome=Outcome.COMPLETE, **fields):
    """A turn with its answer, of which these are the blocks."""
    begun = begin(user, text, **fields)
    turns.claim(begun.turn, ME)
    turns.end(turns.Snapshot(begun.turn, [*blocks]), outcome)
    return begun


@contextmanager
def refused(code):
    """What is done here is refused with this code; ``value`` is the refusal."""
    with pytest.raises(Refused) as refusal:
        yield refusal
    assert refusal.value.code == code
