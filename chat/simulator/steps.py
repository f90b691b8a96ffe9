"""An answer as the steps of its stream: frames in the API's order, waits between them, and ways to end."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from . import tokens, wire
from .ledger import Entry
from .script import Block, Plan

PING = wire.frame("ping", {})
PING_SECONDS = 1.0


class Step(NamedTuple):
    """One thing for the player to do: write `data`, count `tokens`, then wait, then perhaps end the connection."""

    data: bytes = b""
    tokens: int = 0
    text: str = ""  # of the answer, for the ledger
    thinking: bool = False
    wait: float = 0.0
    name: str = ""  # of the event
    close: str = ""  # "end" (in good order), "cut" (FIN inside the body) or "reset"


def event(name: str, payload: dict[str, Any]) -> Step:
    """A step that writes one event and costs no tokens."""
    return Step(wire.frame(name, payload), name=name)


def pings(seconds: float) -> Iterator[Step]:
    """Nothing but pings, one a second, for this long."""
    while seconds > 0:
        yield Step(PING, wait=min(PING_SECONDS, seconds), name="ping")
        seconds -= PING_SECONDS


def stamped(count: int) -> Iterator[str]:
    """Pieces that carry the moment they are sent: " index:monotonic_ns"."""
    for index in range(count):
        yield f" {index}:{time.monotonic_ns()}"


def grouped(pieces: list[str], size: int) -> Iterable[str]:
    """Pieces joined by `size`."""
    return pieces if size == 1 else ("".join(pieces[i : i + size]) for i in range(0, len(pieces), size))


def text_steps(index: int, block: Block, per_event: int) -> Iterator[Step]:
    """The deltas of a text block: its citations, then its text."""
    for citation in block.body.get("citations") or ():
        delta = {"type": "citations_delta", "citation": citation}
        yield event("content_block_delta", {"index": index, "delta": delta})
    encode = wire.deltas(index, "text_delta", "text")
    # A piece of one token needs no counting; stamps and groups do.
    plain = per_event == 1 and not block.stamps
    for piece in stamped(block.stamps) if block.stamps else grouped(tokens.split(block.body["text"]), per_event):
        yield Step(encode(piece), 1 if plain else tokens.count(piece), piece, name="content_block_delta")


def thinking_steps(index: int, block: Block, per_event: int) -> Iterator[Step]:
    """The deltas of a thinking block: its text, or as many silent steps where it is not shown; then the signature."""
    yield from (Step(tokens=1, thinking=True) for _ in range(block.hidden))
    encode = wire.deltas(index, "thinking_delta", "thinking")
    for piece in grouped(tokens.split(block.body["thinking"]), per_event):
        yield Step(encode(piece), tokens.count(piece), thinking=True, name="content_block_delta")
    yield Step(wire.deltas(index, "signature_delta", "signature")(block.body["signature"]), name="content_block_delta")


def input_steps(index: int, block: Block, per_event: int) -> Iterator[Step]:
    """The deltas of a tool call: an empty one, then its input's JSON in pieces."""
    encode = wire.deltas(index, "input_json_delta", "partial_json")
    yield Step(encode(""), name="content_block_delta")
    for piece in grouped(tokens.split(json.dumps(block.body["input"], ensure_ascii=False)), per_event):
        yield Step(encode(piece), tokens.count(piece), name="content_block_delta")


DELTAS = {"text": text_steps, "thinking": thinking_steps, "tool_use": input_steps, "server_tool_use": input_steps}
STARTS: dict[str, dict[str, Any]] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    "tool_use": {"input": {}},
    "server_tool_use": {"input": {}},
}


def block_steps(index: int, block: Block, per_event: int) -> Iterator[Step]:
    """Start, deltas and stop of one block; a block without deltas comes whole in its start."""
    kind = block.body["type"]
    start = block.body | STARTS.get(kind, {})
    if "citations" in start:
        start["citations"] = []
    yield event("content_block_start", {"index": index, "content_block": start})
    if index == 0:
        yield Step(PING, name="ping")
    if kind in DELTAS:
        yield from DELTAS[kind](index, block, per_event)
    yield event("content_block_stop", {"index": index})


def unknown_steps(kind: str | None, index: int) -> Iterator[Step]:
    """Things that no client of today knows: a whole block, a delta in a text block, an event."""
    if kind == "event":
        yield event("conversation_hint", {"hint": {"text": "from the future"}})
    if kind in ("block", "delta"):
        body = {"type": "hologram", "data": "from the future"} if kind == "block" else {"type": "text", "text": ""}
        yield event("content_block_start", {"index": index, "content_block": body})
        yield event("content_block_delta", {"index": index, "delta": {"type": "hologram_delta", "data": "more"}})
        yield event("content_block_stop", {"index": index})


def message_start(plan: Plan, entry: Entry, message_id: str) -> Step:
    """The first event: input and cache usage, and a placeholder for the output."""
    usage = entry.usage
    del usage["output_tokens_details"], usage["server_tool_use"]
    usage |= {"output_tokens": 1, "service_tier": "standard", "inference_geo": "not_available"}
    return event("message_start", {"message": envelope(plan, message_id) | {"usage": usage}})


def envelope(plan: Plan, message_id: str) -> dict[str, Any]:
    """A message without content, as at the start of its stream."""
    return {
        "model": plan.model, "id": message_id, "type": "message", "role": "assistant", "content": [],
        "stop_reason": None, "stop_sequence": None, "stop_details": None,
    }  # fmt: skip


def message_delta(plan: Plan, entry: Entry, number: int) -> Step:
    """Stop reason and cumulative usage; all but the last have no stop reason, all but the first no iterations."""
    usage = entry.usage
    del usage["cache_creation"]
    if not entry.searches:
        del usage["server_tool_use"]
    delta: dict[str, Any] = {"stop_reason": None, "stop_sequence": None, "stop_details": None}
    if not number and plan.directive.iterations:
        usage["iterations"] = plan.directive.iterations
    if number == plan.directive.message_deltas - 1:
        delta |= {"stop_reason": plan.stop_reason, "stop_details": plan.stop_details}
        usage |= plan.directive.usage
    return event("message_delta", {"delta": delta, "usage": usage})


def stream(plan: Plan, entry: Entry, message_id: str) -> Iterator[Step]:
    """All steps of an answer without a fault. Reads the entry when it comes to the usage, so play it lazily."""
    directive = plan.directive
    yield Step(wait=directive.first_delay)
    yield message_start(plan, entry, message_id)
    yield from pings(directive.pings)
    yield from unknown_steps("event" if directive.unknown == "event" else None, 0)
    yield from content(plan, entry)
    if directive.unknown != "event":
        yield from unknown_steps(directive.unknown, len(plan.blocks))
    for number in range(directive.message_deltas):
        yield message_delta(plan, entry, number)
    yield event("message_stop", {})


def content(plan: Plan, entry: Entry) -> Iterator[Step]:
    """The steps of all blocks; what server tools cost is entered when they come."""
    for index, block in enumerate(plan.blocks):
        entry.grown += block.grown
        entry.searches += is_search(block)
        yield from block_steps(index, block, plan.directive.per_event)


def message(plan: Plan, entry: Entry, message_id: str) -> dict[str, Any]:
    """The whole answer as a request without `stream` gets it, once its content was generated."""
    ending = {"stop_reason": plan.stop_reason, "stop_details": plan.stop_details}
    blocks = [block.body for block in plan.blocks]
    usage = entry.usage | {"service_tier": "standard", "inference_geo": "not_available"} | plan.directive.usage
    return envelope(plan, message_id) | {"content": blocks, **ending, "usage": usage}


def is_search(block: Block) -> bool:
    """Whether this block is a call of the web search."""
    return block.body["type"] == "server_tool_use" and block.body["name"] == "web_search"
