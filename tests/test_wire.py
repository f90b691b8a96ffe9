"""Websocket frames: what is taken, what is refused, and how the progress of a turn is written."""

import json
from uuid import uuid4

import pytest

from chat import wire
from chat.engine.events import BlockEnded, BlockStarted, Delta, Note
from chat.engine.reply import Cursor, Reply

TEXT = [BlockStarted(0, {"type": "text", "text": ""}), Delta(0, "Hello "), Delta(0, "👩‍👩‍👧‍👦 "), Delta(0, "world")]
START = Cursor()
CITATION = {"type": "web_search_result_location", "url": "https://example.org", "encrypted_index": "secret"}


def frames(events, cursor=START):
    """The frames from a cursor to the end of a reply, decoded."""
    return [json.loads(frame) for frame in wire.progress("t", Reply(events), cursor)]


def refusal_of(text):
    with pytest.raises(wire.BadFrame) as refusal:
        wire.decode(text)
    return refusal.value


def test_it_reads_a_question():
    key, conversation = uuid4(), uuid4()
    frame = {
        "type": "send",
        "id": "7",
        "key": str(key),
        "conversation": str(conversation),
        "parent": None,
        "text": "Hi",
    }
    command = wire.decode(json.dumps(frame))
    assert isinstance(command, wire.Send)
    assert (command.id, command.key, command.conversation, command.parent) == ("7", key, conversation, None)


def test_it_reads_cursors():
    turn = uuid4()
    frame = {"type": "watch", "conversation": str(uuid4()), "cursors": {str(turn): {"block": 2, "offset": 140}}}
    command = wire.decode(json.dumps(frame))
    assert isinstance(command, wire.Watch)
    assert command.cursors[turn] == wire.CursorField(block=2, offset=140)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "bad_frame"),
        ("", "bad_frame"),
        ("{", "bad_frame"),
        ("[]", "bad_frame"),
        ('"ping"', "bad_frame"),
        ("[" * 100_000, "bad_frame"),
        ('{"type":"ping","id":' + "[" * 50 + "]" * 50 + "}", "bad_frame"),
        ('{"type":"dance"}', "unknown_type"),
        ("{}", "unknown_type"),
        ('{"type":["ping"]}', "unknown_type"),
        ('{"type":"ping","extra":1}', "bad_frame"),
        ('{"type":"ping","id":7}', "bad_frame"),
        ('{"type":"stop","turn":"7"}', "bad_frame"),
        ('{"type":"stop"}', "bad_frame"),
        ('{"type":"send","key":"x","conversation":null,"parent":null,"text":"a"}', "bad_frame"),
        (f'{{"type":"send","key":"{uuid4()}","conversation":null,"parent":null,"text":7}}', "bad_frame"),
        (
            f'{{"type":"watch","conversation":"{uuid4()}","cursors":{{"{uuid4()}":{{"block":-1,"offset":0}}}}}}',
            "bad_frame",
        ),
        (
            f'{{"type":"watch","conversation":"{uuid4()}","cursors":{{"{uuid4()}":{{"block":true,"offset":0}}}}}}',
            "bad_frame",
        ),
        ('{"type":"ping","id":"' + "a" * 600_000 + '"}', "too_large"),
    ],
)
def test_it_refuses_what_is_no_command(text, code):
    assert refusal_of(text).code == code


def test_a_refusal_carries_the_commands_id():
    assert refusal_of('{"type":"stop","id":"9","turn":"x"}').re == "9"


def test_a_refusal_carries_no_id_that_cannot_be_sent():
    assert refusal_of('{"type":"ping","id":"\\ud800"}').re is None


def test_a_refusal_names_the_field():
    assert "turn" in refusal_of('{"type":"stop","turn":"x"}').message


def test_all_new_text_of_a_block_is_one_frame():
    start, delta = frames(TEXT)
    assert start == {"type": "block", "turn": "t", "index": 0, "kind": "text", "data": {}, "done": False}
    assert delta == {"type": "delta", "turn": "t", "index": 0, "offset": 0, "text": "Hello 👩‍👩‍👧‍👦 world"}


def test_offsets_count_code_points():
    (delta,) = frames(TEXT, Cursor(0, 8, 1))
    assert delta["offset"] == 8
    assert "Hello 👩‍👩‍👧‍👦 world"[8:] == delta["text"]


def test_a_later_block_starts_at_zero():
    more = [*TEXT, BlockEnded(0), BlockStarted(1, {"type": "text", "text": ""}), Delta(1, "Next")]
    *_, delta = frames(more, Cursor(0, 12, 1))
    assert (delta["index"], delta["offset"], delta["text"]) == (1, 0, "Next")


def test_a_block_that_ends_is_sent_again_with_its_data():
    events = [*TEXT, Note(0, {"type": "citations_delta", "citation": CITATION}), BlockEnded(0)]
    (block,) = frames(events, Reply(TEXT).end)
    assert block["done"]
    assert block["data"]["citations"] == [{"type": "web_search_result_location", "url": "https://example.org"}]


def test_a_tools_input_comes_parsed_when_it_is_whole():
    start = [
        BlockStarted(0, {"type": "tool_use", "id": "tu", "name": "look", "input": {}}),
        Delta(0, '{"at":'),
        Delta(0, "1}"),
    ]
    first, delta, last = frames([*start, BlockEnded(0)])
    assert first["data"] == {"id": "tu", "name": "look"}
    assert delta["text"] == '{"at":1}'
    assert last["data"] == {"id": "tu", "name": "look", "input": {"at": 1}}


def test_what_only_the_api_reads_stays_on_the_server():
    events = [
        BlockStarted(0, {"type": "redacted_thinking", "data": "secret"}),
        BlockEnded(0),
        BlockStarted(1, {"type": "thinking", "thinking": "", "signature": ""}),
        Note(1, {"type": "signature_delta", "signature": "secret"}),
        BlockEnded(1),
        BlockStarted(2, {"type": "web_search_tool_result", "content": [{"url": "u", "encrypted_content": "secret"}]}),
    ]
    assert "secret" not in json.dumps(frames(events))
    assert frames(events)[-1]["data"]["content"] == [{"url": "u"}]


@pytest.mark.parametrize("text", ['"quoted"', "back\\slash", "line\u2028end\nand\ttab", "\x7f\x01", "</script>"])
def test_every_text_survives_the_wire(text):
    assert frames([TEXT[0], Delta(0, text)])[1]["text"] == text
