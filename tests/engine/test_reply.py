"""The fold of events to a reply, and what lies between a cursor and its end."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.events import BlockEnded, BlockStarted, Delta, Ended, Event, Note, Outcome, Started, UsageSeen
from chat.engine.reply import GROWING, Block, Cursor, Reply, plain_text
from tests.engine.recorded import RECORDED, streamed
from tests.engine.sequences import AWKWARD, sequences


def shown(reply: Reply) -> list[object]:
    """All that a reader can know of a reply."""
    return [(block.start, block.text, block.notes, block.ended, block.content()) for block in reply.blocks]


class Client:
    """A reader as ``docs/protocol.md`` has it: it counts code points; starts and notes may come again."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.seen: list[Event] = []

    @property
    def cursor(self) -> Cursor:
        return Cursor(len(self.texts) - 1, len(self.texts[-1])) if self.texts else Cursor()

    def take(self, events: list[Event]) -> None:
        self.seen += events
        for event in events:
            if isinstance(event, BlockStarted) and event.index == len(self.texts):
                self.texts.append("")
            elif isinstance(event, Delta):
                self.texts[event.index] += event.text


@given(sequences(), st.data())
def test_it_is_the_same_reply_however_it_is_cut_into_frames(events: list[Event], data: st.DataObject) -> None:
    whole, follower, cursor = Reply(), Reply(), Cursor()
    for event in events:
        whole.append(event)
        if data.draw(st.booleans()):
            for each in whole.since(cursor):
                follower.append(each)
            cursor = whole.end
    for each in whole.since(cursor):
        follower.append(each)
    assert shown(follower) == shown(whole)
    assert follower.end == whole.end


@given(sequences())
def test_any_beginning_and_what_follows_it_are_the_whole(events: list[Event]) -> None:
    whole = Reply(events)
    for cut in range(len(events) + 1):
        begun = Reply(events[:cut])
        for each in whole.since(begun.end):
            begun.append(each)
        assert shown(begun) == shown(whole)


@given(sequences())
def test_a_frame_for_every_event_repeats_nothing(events: list[Event]) -> None:
    reply, frames = Reply(), []
    for event in events:
        before = reply.end
        reply.append(event)
        frames += reply.since(before)
    meant = [event for event in events if isinstance(event, BlockStarted | Note | BlockEnded)]
    assert [event for event in frames if not isinstance(event, Delta)] == meant
    assert [event for event in frames if isinstance(event, Delta)] == [
        event for event in events if isinstance(event, Delta) and event.text
    ]


@given(sequences())
def test_nothing_lies_behind_the_end(events: list[Event]) -> None:
    assert Reply(events).since(Reply(events).end) == []


@given(sequences(), st.data())
def test_a_client_that_comes_back_anywhere_misses_nothing_and_reads_no_text_twice(
    events: list[Event], data: st.DataObject
) -> None:
    reply = Reply(events)
    texts = [block.text for block in reply.blocks]
    known = data.draw(st.integers(0, len(texts)))
    held = texts[:known]
    if held:
        held[-1] = held[-1][: data.draw(st.integers(0, len(held[-1])))]
    client = Client(held)
    first = client.cursor.block
    client.take(reply.since(client.cursor))
    assert client.texts == texts
    assert [event for event in client.seen if not isinstance(event, Delta)] == [
        event for event in events if isinstance(event, BlockStarted | Note | BlockEnded) and event.index >= first
    ]


@given(sequences(), st.lists(st.integers(0, 40), max_size=6))
def test_a_client_that_comes_back_again_and_again_has_the_whole_in_the_end(
    events: list[Event], places: list[int]
) -> None:
    client = Client([])
    for place in sorted(places):
        client.take(Reply(events[:place]).since(client.cursor))
    client.take(Reply(events).since(client.cursor))
    assert client.texts == [block.text for block in Reply(events).blocks]


@pytest.mark.parametrize("text", AWKWARD)
def test_an_offset_counts_code_points_also_within_one_visible_character(text: str) -> None:
    events: list[Event] = [BlockStarted(0, {"type": "text", "text": ""}), *(Delta(0, letter) for letter in text)]
    reply = Reply(events)
    assert reply.end == Cursor(0, len(text), 1)
    for offset in range(len(text)):
        assert reply.since(Cursor(0, offset, 1)) == [Delta(0, text[offset:])]


@pytest.mark.parametrize("cursor", [Cursor(0, 3, 2), Cursor(0, 99, 99), Cursor(1), Cursor(7, 5)])
def test_a_cursor_at_the_end_or_beyond_it_gets_nothing(cursor: Cursor) -> None:
    assert Reply(streamed({"type": "text", "text": ""}, "abc")).since(cursor) == []


def test_new_text_of_a_block_comes_as_one_delta() -> None:
    reply = Reply(streamed({"type": "text", "text": ""}, "a", "b", "", "c"))
    assert reply.since() == [BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "abc"), BlockEnded(0)]


def test_text_in_the_start_of_a_block_is_growing_text() -> None:
    reply = Reply(streamed({"type": "text", "text": "Hel"}, "lo"))
    assert reply.since()[:2] == [BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "Hello")]


@pytest.mark.parametrize("recorded", RECORDED.values(), ids=RECORDED)
def test_a_block_is_kept_in_the_shape_of_the_api(recorded) -> None:
    assert Reply(recorded.events).content() == [recorded.content]


def test_blocks_are_kept_in_their_order() -> None:
    reply = Reply(recorded_in_a_row())
    assert reply.content() == [recorded.content for recorded in RECORDED.values()]


def test_it_changes_nothing_of_what_it_was_given() -> None:
    events = recorded_in_a_row()
    before = repr(events)
    reply = Reply(events)
    assert reply.content() == reply.content()
    assert repr(events) == before


@given(sequences())
def test_content_comes_back_from_the_database_as_it_was(events: list[Event]) -> None:
    reply = Reply(events)
    content = reply.content()
    again = Reply.of(json.loads(json.dumps(content)))
    assert again.content() == content
    assert all(block.ended for block in again.blocks)
    assert [readable(block) for block in again.blocks] == [readable(block) for block in reply.blocks]


@pytest.mark.parametrize("recorded", RECORDED.values(), ids=RECORDED)
def test_a_recorded_block_comes_back_from_the_database_as_it_was(recorded) -> None:
    assert Reply.of([recorded.content]).content() == [recorded.content]


@pytest.mark.parametrize(
    "raw",
    [
        '{"query": "wea',
        "[1, 2]",
        "null",
        '"text"',
        '{"n": NaN}',
        '{"n": 1e999}',
        '{"q": "\\ud83e"}',
        '{"q": "nul \\u0000"}',
        '{"a":' * 100_000,
        '{"n": ' + "9" * 5000 + "}",
    ],
    ids=lambda raw: raw[:20],
)
def test_input_that_is_no_storable_object_stays_the_string_that_came(raw: str) -> None:
    start = {"type": "tool_use", "id": "toolu", "name": "look", "input": {}}
    content = Reply(streamed(start, raw[:5], raw[5:])).content()
    assert content == [{**start, "input": raw}]
    assert Reply.of(content).content() == content
    assert Reply.of(content).blocks[0].text == raw


def test_the_input_of_a_tool_can_be_read_after_it_came_back() -> None:
    assert "Ärger 🧵" in Reply.of([RECORDED["tool use"].content]).blocks[0].text


def test_input_may_speak_of_the_escape_it_must_not_hold() -> None:
    start = {"type": "tool_use", "id": "toolu", "name": "run", "input": {}}
    raw = json.dumps({"code": r"end = '\u0000'"})
    assert Reply(streamed(start, raw)).content()[0]["input"] == {"code": r"end = '\u0000'"}


def test_a_reply_knows_who_answers_and_how_it_ended() -> None:
    ended = Ended(Outcome.COMPLETE, "end_turn")
    reply = Reply([Started("claude-opus-5-5", "req_7"), ended])
    assert reply.started == Started("claude-opus-5-5", "req_7")
    assert reply.ended is ended


def test_the_later_usage_overwrites_the_earlier_field_by_field() -> None:
    reply = Reply([UsageSeen({"input_tokens": 5, "output_tokens": 1}), UsageSeen({"output_tokens": 9})])
    assert reply.usage == {"input_tokens": 5, "output_tokens": 9}


def test_what_the_api_has_counted_and_the_text_since_then_are_told_apart() -> None:
    reply = Reply([Started("m"), UsageSeen({"output_tokens": 7}), BlockStarted(0, {"type": "text", "text": ""})])
    reply.append(Delta(0, "one "))
    assert (reply.counted_output, reply.uncounted_text) == (0, "one ")  # 7 was but a placeholder
    reply.append(UsageSeen({"output_tokens": 20}))
    assert (reply.counted_output, reply.uncounted_text) == (20, "")
    for event in (Delta(0, "two "), BlockEnded(0), BlockStarted(1, {"type": "text", "text": ""}), Delta(1, "three")):
        reply.append(event)
    assert (reply.counted_output, reply.uncounted_text) == (20, "two three")


def test_the_output_is_counted_only_by_a_usage_after_all_that_arrived() -> None:
    begun = UsageSeen({"input_tokens": 7, "output_tokens": 1})
    reply = Reply([Started("m"), begun, *streamed({"type": "text", "text": ""}, "Hi")])
    assert not reply.counted
    assert not Reply([Started("m"), begun]).counted
    reply.append(UsageSeen({"output_tokens": None, "input_tokens": 7}))
    assert not reply.counted
    reply.append(UsageSeen({"output_tokens": 3}))
    assert reply.counted
    reply.append(BlockStarted(1, {"type": "text", "text": ""}))
    assert not reply.counted


def test_nothing_is_counted_where_the_prompt_was_not() -> None:
    text = streamed({"type": "text", "text": ""}, "Hi")
    reply = Reply([Started("m"), *text, UsageSeen({"output_tokens": 3})])
    assert (reply.counted, reply.counted_output) == (False, 3)
    reply.append(UsageSeen({"input_tokens": 7}))
    assert reply.counted
    assert Reply([Started("m"), *text, UsageSeen({"iterations": [{"output_tokens": 3}]})]).counted


def test_it_knows_whether_its_runs_are_all_told() -> None:
    runs = {"output_tokens": 5, "iterations": [{"output_tokens": 5}]}
    reply = Reply([Started("m"), UsageSeen({"output_tokens": 1}), UsageSeen(runs), UsageSeen({"output_tokens": 5})])
    assert not reply.runs_are_inferred
    reply.append(UsageSeen({"output_tokens": 9}))
    reply.append(UsageSeen({"output_tokens": 9}))
    assert (reply.runs_are_inferred, reply.counted_output) == (True, 9)
    reply.append(UsageSeen({"output_tokens": 9, "iterations": [{"output_tokens": 9}]}))
    assert not reply.runs_are_inferred


def test_a_call_that_is_made_again_starts_anew() -> None:
    reply = Reply([Started("m", "req_1"), UsageSeen({"input_tokens": 5}), UsageSeen({"output_tokens": 5})])
    reply.restart()
    assert (reply.started, reply.usage, reply.counted) == (None, {}, False)


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        (["a", "b"], "ab"),
        (["a", None, "b"], "a\n\nb"),
        ([None, "a", None, None, "b", None], "a\n\nb"),
        (["", None, "a", None, "", "b"], "a\n\nb"),
        ([], ""),
    ],
)
def test_plain_text_has_an_empty_line_where_something_else_stood(kinds: list[str | None], text: str) -> None:
    blocks = [{"type": "thinking"} if kind is None else {"type": "text", "text": kind} for kind in kinds]
    assert plain_text(blocks) == text


def readable(block: Block) -> object:
    """The text of a block; of a tool's input what it says, as its JSON is written anew."""
    return block.content()["input"] if GROWING.get(block.kind) == "input" else block.text


def recorded_in_a_row() -> list[Event]:
    return [
        replace(event, index=index)  # type: ignore[call-arg]
        for index, recorded in enumerate(RECORDED.values())
        for event in recorded.events
    ]
