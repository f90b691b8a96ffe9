"""Blocks as the API streams them, each as its events (index 0) and the object that the whole message would hold.

One for every type of block and of delta in the API's reference, beta ones included, and for those it has not told yet.
"""

from typing import Any, NamedTuple

from chat.engine.events import BlockEnded, BlockStarted, Delta, Event, Note


class Recorded(NamedTuple):
    """A block as it was streamed and as it is kept."""

    events: list[Event]
    content: dict[str, Any]


def streamed(start: dict[str, Any], *more: str | dict[str, Any]) -> list[Event]:
    """The events of block 0: strings are growing text, objects are other deltas."""
    inner = [Delta(0, each) if isinstance(each, str) else Note(0, each) for each in more]
    return [BlockStarted(0, start), *inner, BlockEnded(0)]


def whole(block: dict[str, Any]) -> Recorded:
    """A block that comes in one piece."""
    return Recorded(streamed(block), block)


def tool(kind: str, name: str, *pieces: str, **more: Any) -> Recorded:
    """A call of a tool with the input ``{"query": "Ärger 🧵", "n": [1, 2.5, null]}``, or with none."""
    start = {"type": kind, "id": f"id_{name}", "name": name, "input": {}, **more}
    given = {"query": "Ärger 🧵", "n": [1, 2.5, None]} if pieces else {}
    return Recorded(streamed(start, *pieces), {**start, "input": given})


INPUT = ("", '{"que', 'ry": "Ärger \\ud83e', '\\uddf5", "n": [1, 2', ".5, null]}")
CITATION = {
    "type": "web_search_result_location",
    "url": "https://example.org/a",
    "title": "A",
    "encrypted_index": "Eo8B",
    "cited_text": "It is so.",
}
OTHER_CITATION = {**CITATION, "type": "char_location", "start_char_index": 3, "end_char_index": 9}
RESULT = {
    "type": "web_search_result",
    "url": "https://example.org/a",
    "title": "A",
    "encrypted_content": "Er",
    "page_age": None,
}

RECORDED = {
    "text": Recorded(
        streamed({"type": "text", "text": ""}, "Hel", "lo 👩‍👩", "‍👧"), {"type": "text", "text": "Hello 👩‍👩‍👧"}
    ),
    "text that starts with text": Recorded(
        streamed({"type": "text", "text": "Hel"}, "lo"), {"type": "text", "text": "Hello"}
    ),
    "text with citations": Recorded(
        streamed(
            {"type": "text", "text": "", "citations": []},
            {"type": "citations_delta", "citation": CITATION},
            "It is ",
            {"type": "citations_delta", "citation": OTHER_CITATION},
            "so.",
        ),
        {"type": "text", "text": "It is so.", "citations": [CITATION, OTHER_CITATION]},
    ),
    "text whose citations start as null": Recorded(
        streamed(
            {"type": "text", "text": "", "citations": None}, "So.", {"type": "citations_delta", "citation": CITATION}
        ),
        {"type": "text", "text": "So.", "citations": [CITATION]},
    ),
    "thinking": Recorded(
        streamed(
            {"type": "thinking", "thinking": "", "signature": ""},
            "Let me ",
            "see.",
            {"type": "signature_delta", "signature": "EqQB/w=="},
        ),
        {"type": "thinking", "thinking": "Let me see.", "signature": "EqQB/w=="},
    ),
    "thinking that is not displayed": Recorded(
        streamed(
            {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "EqQB"}
        ),
        {"type": "thinking", "thinking": "", "signature": "EqQB"},
    ),
    "redacted thinking": whole({"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/LafPsn4a"}),
    "tool use": tool("tool_use", "lookup", *INPUT),
    "tool use without input": tool("tool_use", "now"),
    "server tool use": tool("server_tool_use", "web_search", *INPUT, caller={"type": "direct"}),
    "web search": whole(
        {"type": "web_search_tool_result", "tool_use_id": "id_web_search", "content": [RESULT, RESULT]}
    ),
    "web search that failed": whole(
        {
            "type": "web_search_tool_result",
            "tool_use_id": "id_web_search",
            "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
        }
    ),
    "web fetch": whole(
        {
            "type": "web_fetch_tool_result",
            "tool_use_id": "id_web_fetch",
            "content": {"type": "web_fetch_result", "url": "https://example.org", "content": {"type": "document"}},
        }
    ),
    "code execution": whole(
        {
            "type": "bash_code_execution_tool_result",
            "tool_use_id": "id_bash",
            "content": {
                "type": "bash_code_execution_result",
                "stdout": "42\n",
                "stderr": "",
                "return_code": 0,
                "content": [{"type": "bash_code_execution_output", "file_id": "file_1"}],
            },
        }
    ),
    "text editor": whole(
        {
            "type": "text_editor_code_execution_tool_result",
            "tool_use_id": "id_edit",
            "content": {"type": "text_editor_code_execution_create_result", "is_file_update": False},
        }
    ),
    "tool search": whole(
        {
            "type": "tool_search_tool_result",
            "tool_use_id": "id_search",
            "content": {"type": "tool_search_tool_search_result", "tool_references": [{"type": "tool_reference"}]},
        }
    ),
    "container upload": whole({"type": "container_upload", "file_id": "file_011CNha8"}),
    "mcp tool use": tool("mcp_tool_use", "echo", *INPUT, server_name="example"),
    "mcp tool result": whole(
        {
            "type": "mcp_tool_result",
            "tool_use_id": "id_echo",
            "is_error": False,
            "content": [{"type": "text", "text": "Hello", "citations": None}],
        }
    ),
    "compaction": Recorded(
        streamed(
            {"type": "compaction", "content": None},
            {"type": "compaction_delta", "content": "Summary: they greeted.", "encrypted_content": "Eab"},
        ),
        {"type": "compaction", "content": "Summary: they greeted.", "encrypted_content": "Eab"},
    ),
    "fallback": whole(
        {
            "type": "fallback",
            "from": {"model": "claude-fable-5-2"},
            "to": {"model": "claude-opus-5-5"},
            "trigger": {"type": "refusal", "category": "cyber"},
        }
    ),
    "an unknown block": Recorded(
        streamed(
            {"type": "hologram", "frames": [1], "label": "a", "depth": {"cm": 1}},
            {"type": "frames_delta", "frames": [2, 3]},
            {"type": "label_delta", "label": "bc", "hue": 7},
            {"type": "depth_delta", "depth": {"cm": 2}},
        ),
        {"type": "hologram", "frames": [1, 2, 3], "label": "abc", "depth": {"cm": 2}, "hue": 7},
    ),
    "an unknown delta": Recorded(
        streamed({"type": "text", "text": ""}, "He", {"type": "tone_delta", "tone": "warm"}, "y"),
        {"type": "text", "text": "Hey", "tone": "warm"},
    ),
    "an unknown delta with the name of the text": Recorded(
        streamed({"type": "text", "text": ""}, "He", {"type": "aside_delta", "text": "psst"}, "y"),
        {"type": "text", "text": "Hey"},
    ),
}
