"""Excerpts: an answer on its way from one process to another, over a line that loses, repeats and reorders."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.events import BlockEnded, BlockStarted, Delta, Event, Note
from chat.engine.excerpt import Excerpt, Gap, complete, excerpt, take
from chat.engine.reply import Cursor, Reply
from tests.engine.sequences import sequences


def shown(reply: Reply) -> list[object]:
    """All that a reader can know of a reply."""
    return [(block.start, block.text, block.notes, block.ended, block.content()) for block in reply.blocks]


def sent(excerpt: Excerpt) -> Excerpt:
    """The excerpt after its way through the channel layer."""
    return json.loads(json.dumps(excerpt))


def cursors(events: list[Event]) -> list[Cursor]:
    """The end of the reply after each event."""
    reply, ends = Reply(), [Cursor()]
    for event in events:
        reply.append(event)
        ends.append(reply.end)
    return ends


@given(sequences(), st.data())
def test_a_mirror_becomes_the_reply_however_it_is_cut(events: list[Event], data: st.DataObject) -> None:
    reply, mirror, cursor = Reply(), Reply(), Cursor()
    for event in events:
        reply.append(event)
        if data.draw(st.booleans()):
            take(mirror, sent(excerpt(reply, cursor)))
            cursor = reply.end
    take(mirror, sent(excerpt(reply, cursor)))
    assert shown(mirror) == shown(reply)
    assert mirror.end == reply.end


@given(sequences(), st.data())
def test_what_is_lost_is_asked_for_and_what_comes_twice_changes_nothing(
    events: list[Event], data: st.DataObject
) -> None:
    """Any excerpts of any moments arrive in any order; each is taken, or leaves the mirror as it was."""
    ends = cursors(events)
    mirror = Reply()
    for _ in range(data.draw(st.integers(0, 12))):
        until = data.draw(st.integers(0, len(events)))
        since = data.draw(st.integers(0, until))
        before = shown(mirror)
        try:
            take(mirror, sent(excerpt(Reply(events[:until]), ends[since])))
        except Gap:
            assert shown(mirror) == before
        else:
            assert ends.index(mirror.end) >= ends.index(ends[until])
    whole = Reply(events)
    take(mirror, sent(excerpt(whole, mirror.end)))
    assert shown(mirror) == shown(whole)


@pytest.mark.parametrize(
    "lost",
    [
        Delta(0, "lost"),
        Note(0, {"type": "citations_delta", "citation": {}}),
        BlockEnded(0),
        BlockStarted(1, {"type": "text", "text": ""}),
    ],
)
def test_a_loss_of_any_kind_is_noticed(lost: Event) -> None:
    begun = [BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "kept")]
    mirror, reply = Reply(begun), Reply([*begun, lost])
    after = reply.end
    reply.append(Delta(after.block, "next"))
    with pytest.raises(Gap):
        take(mirror, excerpt(reply, after))


def test_an_excerpt_weighs_little_more_than_its_text() -> None:
    reply = Reply([BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "So far. ")])
    cursor = reply.end
    reply.append(Delta(0, "And on."))
    assert excerpt(reply, cursor) == [0, 8, 1, [["And on.", []]]]


@given(sequences(), st.data())
def test_a_mirror_grows_to_what_was_kept_wherever_it_stood(events: list[Event], data: st.DataObject) -> None:
    whole = Reply(events)
    mirror = Reply(events[: data.draw(st.integers(0, len(events)))])
    complete(mirror, Reply.of(whole.content()))
    assert all(block.ended for block in mirror.blocks[-1:])
    assert [block.kind for block in mirror.blocks] == [block.kind for block in whole.blocks]
    for block, kept in zip(mirror.blocks, whole.blocks, strict=True):
        # The input of a tool is kept as an object, and its text is written anew.
        assert block.text == kept.text or "input" in kept.start


def test_what_came_but_was_not_kept_stays() -> None:
    mirror = Reply([BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "Kept, and not.")])
    complete(mirror, Reply.of([{"type": "text", "text": "Kept,"}]))
    assert mirror.blocks[0].text == "Kept, and not."
    assert mirror.blocks[0].ended
