"""The demo of a web search: the call, its results, and an answer whose sentences cite them."""

import base64
from typing import Any

from chat.simulator import wire

SOURCES = (
    (
        "https://platform.claude.com/docs/en/build-with-claude/streaming",
        "Streaming messages - Claude docs",
        "When creating a Message, you can set \"stream\": true to incrementally stream the response.",
    ),
    (
        "https://html.spec.whatwg.org/multipage/server-sent-events.html",
        "Server-sent events - HTML Standard",
        "To enable servers to push data to web pages over HTTP, this specification introduces EventSource.",
    ),
    (
        "https://datatracker.ietf.org/doc/html/rfc6455",
        "RFC 6455: The WebSocket Protocol",
        "The WebSocket Protocol enables two-way communication between a client and a remote host.",
    ),
)  # fmt: skip

# Text, and the source it cites if any: the API starts a new block wherever that changes.
ANSWER = (
    ("I have *not* searched the web: this is the simulator, and these results are always the same three. "
     "A real answer would look just like this, though.\n\n### How an answer arrives piece by piece\n\n", None),
    ("The Messages API streams an answer when the request asks for it, one small event per piece", 0),
    (". On the wire these are ", None),
    ("server-sent events, a standard of plain HTTP made for pushing data to a page", 1),
    (". From this server to your browser the pieces travel over ", None),
    ("a WebSocket, which carries messages both ways", 2),
    (", so that your **Stop** can travel against the stream.", None),
)  # fmt: skip


def opaque(*seed: str) -> str:
    """A stand-in for the API's encrypted fields."""
    return base64.b64encode(wire.derived_id("enc", *seed).encode()).decode()


def citation(url: str, title: str, quote: str) -> dict[str, str]:
    """One citation of a search result."""
    found = {"type": "web_search_result_location", "cited_text": quote, "url": url, "title": title}
    return found | {"encrypted_index": opaque(url, quote)}


def result(url: str, title: str, quote: str) -> dict[str, Any]:
    """One search result."""
    found = {"type": "web_search_result", "title": title, "url": url, "encrypted_content": opaque(url)}
    return found | {"page_age": "October 21, 2026"}


def text(part: str, source: int | None) -> dict[str, Any]:
    """One text block of the answer."""
    block: dict[str, Any] = {"type": "text", "text": part}
    return block if source is None else {"citations": [citation(*SOURCES[source])], **block}


def call(question: str, number: int = 0) -> dict[str, Any]:
    """The call of the search, the first or a further one."""
    call_id = wire.derived_id("srvtoolu", question, *([str(number)] if number else []))
    query = " ".join(question.split())[:80] or "streaming"
    return {"type": "server_tool_use", "id": call_id, "name": "web_search", "input": {"query": query}}


def found(call_id: str) -> dict[str, Any]:
    """What a call of the search found."""
    return {"type": "web_search_tool_result", "tool_use_id": call_id, "content": [result(*each) for each in SOURCES]}


def blocks(question: str) -> list[dict[str, Any]]:
    """All content blocks of the answer to `question`."""
    asked = call(question)
    return [
        {"type": "text", "text": "I'll look that up."},
        asked,
        found(asked["id"]),
        *(text(*part) for part in ANSWER),
    ]
