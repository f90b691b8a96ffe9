"""Bodies, cut anywhere; the SDK's decoder says what they mean."""

from itertools import pairwise

import pytest
from anthropic import AsyncStream
from hypothesis import example, given
from hypothesis import strategies as st

from chat.providers.frames import Frame, Frames

LINES = st.sampled_from(
    [
        "",
        ": ping",
        "event: ping",
        "event:",
        "event",
        "data: {}",
        "data:{}",
        "data:  two",
        "data",
        "data: é😀",
        "id: 7",
        "x: y",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
BODIES = st.builds(
    lambda lines, end: "".join(f"{line}{end}" for line in lines).encode(), st.lists(LINES, max_size=30), ENDS
)


class Response:
    """As much of a response as the SDK's decoder reads."""

    def __init__(self, body):
        self._body = body

    async def aiter_bytes(self):
        yield self._body


async def decoded(body):
    """What the SDK's decoder makes of it; it knows events of nothing but an id, too."""
    return [
        Frame(each.event, each.data) async for each in AsyncStream.raw_events(Response(body)) if each.event or each.data
    ]


def fed(body, *cuts):
    """What comes of it, piece by piece."""
    frames, edges = Frames(), [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [frame for start, end in pairwise(edges) for frame in frames.feed(body[start:end])]


@given(BODIES, st.lists(st.integers(0, 1000)))
@example(b"data: 1\r\n\r\ndata: 2\r\n\r\n", [8, 10, 11])
async def test_a_body_means_the_same_wherever_it_is_cut(body, cuts):
    assert [frame for frame in fed(body, *cuts) if frame.data or frame.event] == await decoded(body)


def test_one_reading_gives_all_frames_that_it_completes():
    frames = Frames()
    reading = b"event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: c\nda"
    assert list(frames.feed(reading)) == [Frame("a", "1"), Frame("b", "2")]
    assert list(frames.feed(b"ta: 3\n")) == []
    assert list(frames.feed(b"\n")) == [Frame("c", "3")]


def test_what_is_not_complete_when_the_body_ends_is_no_frame():
    assert fed(b"data: 1\n\ndata: 2\n") == [Frame(None, "1")]


def test_a_line_separator_in_the_data_ends_no_line():
    assert fed("data: a\u2028b\x85c\x0bd\n\n".encode()) == [Frame(None, "a\u2028b\x85c\x0bd")]


def test_what_is_not_utf_8_is_a_value_error_after_what_came_with_it():
    frames = Frames().feed(b"data: 1\n\ndata: \xff\n\n")
    assert next(frames) == Frame(None, "1")
    with pytest.raises(ValueError, match="utf-8"):
        next(frames)
