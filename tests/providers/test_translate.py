"""Frames as the API was recorded to send them, and frames that it never sends."""

import json
import logging

import pytest

from chat.engine.events import BlockEnded, BlockStarted, Delta, Ended, Note, Outcome, Started, UsageSeen
from chat.engine.reply import Reply
from chat.providers import translate
from chat.providers.translate import Translator, joined

USAGE = {"input_tokens": 12, "cache_creation_input_tokens": 0, "output_tokens": 1, "service_tier": "standard"}
TEXT = {"type": "text", "text": ""}


def frame(kind, **fields):
    return kind, json.dumps({"type": kind, **fields})


def message_start(**message):
    return frame("message_start", message={"model": "claude-sonnet-5-5", "usage": USAGE, **message})


def block_start(index=0, **block):
    return frame("content_block_start", index=index, content_block=block or TEXT)


def block_delta(index=0, **delta):
    return frame("content_block_delta", index=index, delta=delta)


def text(piece, index=0):
    return block_delta(index, type="text_delta", text=piece)


def block_stop(index=0):
    return frame("content_block_stop", index=index)


def translated(*frames):
    """The events of these frames after a message_start."""
    translator = Translator("req_1")
    translator.events(*message_start())
    return [event for each in frames for event in translator.events(*each)]


RECORDED = """\
event: message_start
data: {"type":"message_start","message":{"model":"claude-haiku-5-5-20261007","id":"msg_1","type":"message",\
"role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":2}}      }

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}  }

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hé"}    }

event: content_block_stop
data: {"type":"content_block_stop","index":0  }

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null,\
"stop_details":{"category":"cyber"}},"usage":{"output_tokens":5,"iterations":[{"type":"message"}]} }
"""


def test_it_reads_a_recorded_stream_with_all_that_its_usage_says():
    translator = Translator("req_1")
    frames = [block.split("\n") for block in RECORDED.strip().split("\n\n")]
    found = [
        event
        for name, data in frames
        for event in translator.events(name.removeprefix("event: "), data.removeprefix("data: "))
    ]
    assert [*found, translator.end()] == [
        Started("claude-haiku-5-5-20261007", "req_1"),
        UsageSeen({"input_tokens": 9, "output_tokens": 2}),
        BlockStarted(0, TEXT),
        Delta(0, "Hé"),
        BlockEnded(0),
        UsageSeen({"output_tokens": 5, "iterations": [{"type": "message"}]}),
        Ended(Outcome.COMPLETE, "refusal", {"category": "cyber"}),
    ]


@pytest.mark.parametrize(
    ("block", "delta", "grown"),
    [
        (TEXT, {"type": "text_delta", "text": "more"}, "more"),
        ({"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "hm"}, "hm"),
        ({"type": "tool_use", "input": {}}, {"type": "input_json_delta", "partial_json": '{"a'}, '{"a'),
        ({"type": "server_tool_use", "input": {}}, {"type": "input_json_delta", "partial_json": ""}, ""),
    ],
)
def test_growing_text_is_a_delta(block, delta, grown):
    assert translated(block_start(**block), block_delta(**delta))[-1] == Delta(0, grown)


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        ({"type": "thinking", "thinking": ""}, {"type": "signature_delta", "signature": "c2ln"}),
        (TEXT, {"type": "citations_delta", "citation": {"url": "https://example.org"}}),
        (TEXT, {"type": "hologram_delta", "data": 1}),
        ({"type": "hologram"}, {"type": "text_delta", "text": "text of a block that is not known"}),
    ],
)
def test_every_other_delta_is_a_note_as_the_api_sent_it(block, delta):
    assert translated(block_start(**block), block_delta(**delta))[-1] == Note(0, delta)


def test_the_text_of_an_unknown_block_is_not_lost():
    events = translated(block_start(type="hologram"), *[block_delta(type="text_delta", text=each) for each in "ab"])
    assert Reply(events).content() == [{"type": "hologram", "text": "ab"}]


def test_of_several_message_deltas_the_last_stop_reason_counts():
    translator = Translator()
    for each in (
        message_start(),
        frame("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 4}),
        frame("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 9}),
    ):
        translator.events(*each)
    assert translator.end().stop_reason == "end_turn"


def test_a_container_is_at_least_in_the_log(caplog):
    with caplog.at_level(logging.INFO, "chat"):
        translated(frame("message_delta", delta={"container": {"id": "container_7"}}, usage={}))
    assert "container_7" in caplog.text


def test_an_unknown_event_is_ignored_and_logged_once(caplog, monkeypatch):
    monkeypatch.setattr(translate, "_unknown", set())
    with caplog.at_level(logging.INFO, "chat"):
        assert translated(("hint", "not even JSON"), ("hint", ""), (None, "data without a name")) == []
    assert [record.args for record in caplog.records] == [("hint",)]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("\ud800 alone, \udc00 too", "\ufffd alone, \ufffd too"),
        ("👩‍👩‍👧 שלום é", "👩‍👩‍👧 שלום é"),
        ("a backslash and u: \\u0041", "a backslash and u: \\u0041"),
    ],
)
def test_what_no_database_holds_is_replaced_and_all_else_kept(sent, kept):
    assert translated(block_start(), text(sent))[-1] == Delta(0, kept)


def test_it_is_replaced_deep_inside_blocks_and_notes_too():
    events = translated(block_start(type="web_search_tool_result", content=[{"title": "\0", "\ud800": 1}]))
    assert events == [
        BlockStarted(0, {"type": "web_search_tool_result", "content": [{"title": "\ufffd", "\ufffd": 1}]})
    ]


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([text("lost")], id="delta without a block"),
        pytest.param([block_start(), text("lost", 99)], id="delta of another block"),
        pytest.param([block_start(0), block_start(1), text("late", 0)], id="delta of a block that is not the newest"),
        pytest.param([block_start(), block_stop(), text("late")], id="delta after the stop"),
        pytest.param([block_stop()], id="stop without a block"),
        pytest.param([block_start(), block_stop(), block_stop()], id="second stop"),
        pytest.param([block_start(1)], id="a block is left out"),
        pytest.param([block_start(), block_start()], id="a block twice"),
        pytest.param([message_start()], id="a second message_start"),
        pytest.param([("content_block_delta", '{"index":0,"del')], id="cut JSON"),
        pytest.param([("content_block_delta", "[]")], id="not an object"),
        pytest.param([("content_block_delta", "[" * 100_000)], id="nested too deep"),
        pytest.param([("content_block_delta", '{"index":NaN}')], id="NaN"),
        pytest.param([("message_start", '{"message":{"model":"m","usage":{"x":1e999}}}')], id="infinity"),
        pytest.param([frame("content_block_delta", index=0)], id="a field is missing"),
        pytest.param([block_start(), text(None)], id="text that is no string"),
        pytest.param([frame("content_block_start", index=0, content_block={"type": 7})], id="type that is no string"),
        pytest.param([frame("content_block_start", index=0, content_block=None)], id="block that is null"),
        pytest.param([frame("message_delta", delta={"stop_reason": 1})], id="stop reason that is no string"),
    ],
)
def test_what_the_api_never_sends_is_a_value_error(frames):
    with pytest.raises(ValueError):  # noqa: PT011 - the words vary
        translated(*frames)


@pytest.mark.parametrize("first", [block_start(), frame("message_delta", delta={}, usage={})])
def test_nothing_comes_before_message_start(first):
    translator = Translator()
    with pytest.raises(ValueError, match=r"before|starts"):
        translator.events(*first)
    with pytest.raises(ValueError, match="before"):
        translator.end()


def test_deltas_that_follow_one_another_in_a_block_become_one():
    apart = [BlockStarted(0, TEXT), *(Delta(0, each) for each in "ab"), BlockEnded(0), Delta(1, "c"), Delta(2, "d")]
    assert list(joined(apart)) == [BlockStarted(0, TEXT), Delta(0, "ab"), BlockEnded(0), Delta(1, "c"), Delta(2, "d")]


def test_what_came_before_a_fault_still_comes():
    def faulty():
        yield Delta(0, "a")
        yield Delta(0, "b")
        raise ValueError("cut")

    come = []
    with pytest.raises(ValueError, match="cut"):
        come.extend(joined(faulty()))
    assert come == [Delta(0, "ab")]
