"""Strategies: legal sequences of block events, with the texts that break careless offsets."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from chat.engine.events import BlockEnded, BlockStarted, Delta, Ended, Event, Note, Outcome, Started, UsageSeen

AWKWARD = [
    "👩‍👩‍👧‍👦",  # joined by zero-width joiners
    "🏳️‍🌈",  # with a variation selector
    "🇦🇹🇯🇵",  # regional indicators
    "👍🏽",  # with a modifier
    "e\u0301\u0323o\u0308",  # combining marks
    "שלום עולם",  # right to left
    "\u202eمرحبا\u202c",  # with marks of direction
    "नमस्ते",  # conjuncts
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",  # astral letters
    "\u2028\r\n\t\u0085",  # ends of lines
    "\ufeff\u200b\u00ad",  # invisible
    "한국어 漢字 カナ",
]
words = st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=6)), max_size=5).map("".join)


@st.composite
def pieces(draw: st.DrawFn, whole: st.SearchStrategy[str] = words) -> list[str]:
    """A text cut anywhere between code points, also within what a reader takes for one character."""
    text = draw(whole)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
inputs = st.dictionaries(words, values, max_size=3)
json_texts = st.builds(
    lambda value, ascii_, indent: json.dumps(value, ensure_ascii=ascii_, indent=indent),
    inputs,
    st.booleans(),
    st.sampled_from([None, 1]),
)

citations = st.builds(lambda text: {"type": "citations_delta", "citation": {"cited_text": text}}, words)
signatures = st.just({"type": "signature_delta", "signature": "EqQB"})
unknown_deltas = st.builds(
    lambda name, value: {"type": "unknown_delta", name: value},
    st.sampled_from(["text", "thinking", "input", "label", "content", "rest"]),
    words | st.lists(words, max_size=2) | inputs | st.none(),
)

_KINDS: dict[str, tuple[dict[str, Any], st.SearchStrategy[list[str]], st.SearchStrategy[dict[str, Any]]]] = {
    "text": ({"text": ""}, pieces(), citations | unknown_deltas),
    "thinking": ({"thinking": "", "signature": ""}, pieces(), signatures | unknown_deltas),
    "redacted_thinking": ({"data": "Em"}, st.just([]), unknown_deltas),
    "tool_use": ({"id": "toolu", "name": "look", "input": {}}, pieces(json_texts), unknown_deltas),
    "server_tool_use": ({"id": "srvtoolu", "name": "web_search", "input": {}}, pieces(json_texts), unknown_deltas),
    "web_search_tool_result": ({"tool_use_id": "srvtoolu", "content": []}, st.just([]), unknown_deltas),
    "hologram": ({"label": "a", "frames": []}, st.just([]), unknown_deltas),
}


@st.composite
def blocks(draw: st.DrawFn) -> list[Event]:
    """The events of one block with index 0; it may have been left open, or cut off in the middle of its text."""
    kind = draw(st.sampled_from(sorted(_KINDS)))
    start, texts, notes = _KINDS[kind]
    inner: list[Event] = [Delta(0, text) for text in draw(texts)]
    if draw(st.integers(0, 9)) == 0:
        inner = inner[: len(inner) // 2]
    for note in draw(st.lists(notes, max_size=3)):
        inner.insert(draw(st.integers(0, len(inner))), Note(0, note))
    end = [BlockEnded(0)] if draw(st.integers(0, 4)) else []
    return [BlockStarted(0, {"type": kind, **start}), *inner, *end]


@st.composite
def sequences(draw: st.DrawFn) -> list[Event]:
    """A legal sequence of events of one call, up to an `Ended` or to any point before."""
    events: list[Event] = [Started("claude-sonnet-5-5", "req_1"), UsageSeen({"input_tokens": 5, "output_tokens": 1})]
    for index, block in enumerate(draw(st.lists(blocks(), max_size=5))):
        events += [replace(event, index=index) for event in block]  # type: ignore[call-arg]
        if draw(st.booleans()):
            events.append(UsageSeen({"output_tokens": len(events)}))
    return [*events, Ended(Outcome.COMPLETE, "end_turn")] if draw(st.booleans()) else events
