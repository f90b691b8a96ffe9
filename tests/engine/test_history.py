"""What of earlier answers is sent back to the API."""

from typing import Any

import pytest
from hypothesis import given

from chat.engine.events import Event
from chat.engine.history import sendable
from chat.engine.reply import Reply
from tests.engine.recorded import RECORDED
from tests.engine.sequences import sequences

TEXT = {"type": "text", "text": "So."}
CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "why"}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}


def test_text_goes_back_as_it_came_with_its_citations() -> None:
    cited = RECORDED["text with citations"].content
    assert sendable([cited, TEXT]) == [cited, TEXT]


@pytest.mark.parametrize("name", ["thinking", "thinking that is not displayed", "redacted thinking"])
def test_thinking_stays_here(name: str) -> None:
    assert sendable([RECORDED[name].content, TEXT]) == [TEXT]


@pytest.mark.parametrize("text", ["", " ", "\n\n\t", "\u2003"])
def test_empty_text_stays_here(text: str) -> None:
    assert sendable([{"type": "text", "text": text}, TEXT]) == [TEXT]


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (CALL, RESULT),
        ({**CALL, "name": "bash_code_execution"}, {**RECORDED["code execution"].content, "tool_use_id": "srvtoolu_1"}),
        (RECORDED["mcp tool use"].content, RECORDED["mcp tool result"].content),
    ],
)
def test_a_call_goes_back_with_its_result(call: dict[str, Any], result: dict[str, Any]) -> None:
    assert sendable([TEXT, call, result, TEXT]) == [TEXT, call, result, TEXT]


def test_a_call_that_was_cut_off_stays_here() -> None:
    assert sendable([TEXT, CALL]) == [TEXT]
    assert sendable([TEXT, CALL, RESULT, {**CALL, "id": "srvtoolu_2"}]) == [TEXT, CALL, RESULT]


def test_a_call_whose_input_is_no_object_stays_here_with_its_result() -> None:
    assert sendable([TEXT, {**CALL, "input": '{"que'}, RESULT]) == [TEXT]


def test_a_result_without_its_call_stays_here() -> None:
    assert sendable([RESULT, TEXT]) == [TEXT]


@pytest.mark.parametrize("name", ["container upload", "compaction", "fallback", "an unknown block"])
def test_other_blocks_go_back_as_they_came(name: str) -> None:
    assert sendable([RECORDED[name].content]) == [RECORDED[name].content]


def test_of_nothing_and_of_thinking_alone_nothing_goes_back() -> None:
    assert sendable([]) == []
    assert sendable([RECORDED["thinking"].content]) == []


@given(sequences())
def test_what_goes_back_is_a_part_of_the_answer_in_its_order(events: list[Event]) -> None:
    content = Reply(events).content()
    back = sendable(content)
    rest = iter(content)
    assert all(block in rest for block in back)
    assert sendable(back) == back
    calls = {block["id"] for block in back if block["type"].endswith("tool_use")}
    assert calls == {block["tool_use_id"] for block in back if "tool_use_id" in block}
