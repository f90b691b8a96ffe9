"""The reply: what the events of an answer fold to, and what lies between a reader's cursor and its end.

Each block has two logs that only grow: its *text* (of a text block the text, of a thinking block the thinking, of a
tool the raw JSON of its input) and its *marks* (its start, the deltas that are not text, its end). A `Cursor` says how
far a reader is in both, so resuming, a snapshot and the next frame are one question: `Reply.since`.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

from chat.engine.events import BlockEnded, BlockStarted, Delta, Ended, Event, Json, Note, Started, UsageSeen
from chat.engine.usage import Usage, has_old_runs, merged

GROWING = {
    "text": "text",
    "thinking": "thinking",
    "tool_use": "input",
    "server_tool_use": "input",
    "mcp_tool_use": "input",
}
"""Which field of a block grows, by the block's type. Other blocks arrive whole, or change by notes only."""


class Cursor(NamedTuple):
    """How far a reader has come: block index, code points of its text, and how many of its marks."""

    block: int = 0
    offset: int = 0
    marks: int = 0


class Block:
    """One content block while it grows."""

    __slots__ = ("_chunks", "_starts", "ended", "length", "notes", "start")

    def __init__(self, start: Json) -> None:
        field = GROWING.get(start["type"], "")
        text = start.get(field)
        self.start: dict[str, Any] = {**start, field: ""} if text and isinstance(text, str) else dict(start)
        self.notes: list[Json] = []
        self.ended = False
        self.length = 0
        self._chunks: list[str] = []
        self._starts: list[int] = []
        if text and isinstance(text, str):
            self.grow(text)

    @property
    def kind(self) -> str:
        """The API's block type."""
        return str(self.start["type"])

    @property
    def marks(self) -> int:
        """The number of marks: start, notes, end."""
        return 1 + len(self.notes) + self.ended

    @property
    def text(self) -> str:
        """The whole growing text."""
        return "".join(self._chunks)

    def grow(self, text: str) -> None:
        """Add to the growing text."""
        self._starts.append(self.length)
        self._chunks.append(text)
        self.length += len(text)

    def text_from(self, offset: int) -> str:
        """The growing text from a code point on; empty beyond its end."""
        if offset >= self.length:
            return ""
        first = bisect_right(self._starts, offset) - 1
        rest = self._chunks[first:]
        rest[0] = rest[0][offset - self._starts[first] :]
        return "".join(rest)

    def content(self) -> dict[str, Any]:
        """The block in the API's own shape.

        Tool input that is not a complete JSON object stays the string that had arrived, so that nothing is lost;
        `history` leaves such a block out of what is sent back.
        """
        block = dict(self.start)
        field = GROWING.get(self.kind)
        for note in self.notes:
            _apply(block, note)
        # The text last, so that no note of a kind we do not know can change it and with it the offsets.
        if field == "input":
            block["input"] = _input(self.text, self.start.get("input"))
        elif field:
            block[field] = self.text
        return block


class Reply:
    """An answer as far as it has come. ``append`` the events of `generation` in order.

    ``runs_are_inferred`` where the API went on counting without telling of its runs again: see `usage.merged`.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.blocks: list[Block] = []
        self.started: Started | None = None
        self.usage: dict[str, Any] = {}
        self.ended: Ended | None = None
        self.runs_are_inferred = False
        self._counted_at: Cursor | None = None
        self._call_at = Cursor()
        self._call_block = 0
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Take one more event."""
        match event:
            case Delta(index, text):
                self.blocks[index].grow(text)
            case BlockStarted(_, block):
                self.blocks.append(Block(block))
            case Note(index, delta):
                self.blocks[index].notes.append(delta)
            case BlockEnded(index):
                self.blocks[index].ended = True
            case Started():
                self.restart()
                self.started = event
                self._call_at, self._call_block = self.end, len(self.blocks)
            case UsageSeen(usage):
                self._count(usage)
            case Ended():
                self.ended = event

    def restart(self) -> None:
        """Forget a call that failed before it had shown anything, or that another one continues; that starts anew."""
        self.started, self.usage, self._counted_at, self.runs_are_inferred = None, {}, None, False

    def _count(self, usage: Json) -> None:
        # The one at the start has the exact input side, but a placeholder for the output.
        begins = not self.usage and self.end == self._call_at
        if not begins and (usage.get("output_tokens") is not None or usage.get("iterations")):
            self._counted_at = self.end
        before, self.usage = self.usage, merged(self.usage, usage)
        if not has_old_runs(before, usage):
            self.runs_are_inferred = False
        elif self.usage["iterations"] != before["iterations"]:
            self.runs_are_inferred = True

    @property
    def end(self) -> Cursor:
        """The cursor of a reader who has everything."""
        if not self.blocks:
            return Cursor()
        last = self.blocks[-1]
        return Cursor(len(self.blocks) - 1, last.length, last.marks)

    @property
    def blocks_of_call(self) -> list[Block]:
        """The blocks of the call that was started last; earlier ones are of calls that it continues."""
        return self.blocks[self._call_block :]

    @property
    def counted(self) -> bool:
        """Whether the API's own counts cover the prompt and all that has arrived."""
        return self.prompt_counted and self._counted_at == self.end

    @property
    def prompt_counted(self) -> bool:
        """Whether the API has told how much the prompt was."""
        return self.usage.get("input_tokens") is not None or bool(self.usage.get("iterations"))

    @property
    def counted_output(self) -> int:
        """Tokens of output that the API has counted; the placeholder at the start of a stream is no count."""
        return 0 if self._counted_at is None else Usage.from_api(self.usage).output

    @property
    def uncounted_text(self) -> str:
        """The text of this call that has arrived since the API counted the output."""
        later = self.since(self._counted_at or self._call_at)
        return "".join(event.text for event in later if isinstance(event, Delta))

    def since(self, cursor: Cursor = Cursor()) -> list[Event]:  # noqa: B008 - a cursor is immutable
        """The block events that take a reader from ``cursor`` to the end; all new text of a block is one `Delta`."""
        events: list[Event] = []
        for index in range(cursor.block, len(self.blocks)):
            block = self.blocks[index]
            offset, marks = (cursor.offset, cursor.marks) if index == cursor.block else (0, 0)
            if marks == 0:
                events.append(BlockStarted(index, block.start))
            if text := block.text_from(offset):
                events.append(Delta(index, text))
            if marks < block.marks:
                events.extend(Note(index, note) for note in block.notes[max(marks - 1, 0) :])
                if block.ended:
                    events.append(BlockEnded(index))
        return events

    def content(self) -> list[dict[str, Any]]:
        """All blocks in the API's own shape."""
        return [block.content() for block in self.blocks]

    @classmethod
    def of(cls, content: Iterable[Json]) -> "Reply":
        """The reply that has this content, all of its blocks ended. The text of a tool's input is written anew."""
        reply = cls()
        for block in content:
            field = GROWING.get(block["type"])
            value = block.get(field) if field else None
            whole = dict(block)
            if field == "input" and value not in (None, {}):
                whole["input"] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            reply.blocks.append(Block(whole))
            reply.blocks[-1].ended = True
        return reply


def plain_text(content: Iterable[Json]) -> str:
    """The readable text of an answer: its text blocks, with an empty line where something else stood between two."""
    parts: list[str] = []
    apart = False
    for block in content:
        if block["type"] != "text":
            apart = bool(parts)
        elif text := block["text"]:
            parts.append(f"\n\n{text}" if apart else text)
            apart = False
    return "".join(parts)


def _input(text: str, given: Any) -> Any:
    if not text:
        return given if isinstance(given, dict) else {}
    try:
        value = json.loads(text)
        # Inside a string JSON can escape, and as a number write, what neither UTF-8 nor PostgreSQL can hold.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return text
    holds_nul = "\\u0000" in text.replace("\\\\", "")
    return value if isinstance(value, dict) and not holds_nul else text


def _apply(block: dict[str, Any], delta: Json) -> None:
    """Fold a note into its block: citations collect, strings grow, lists extend, everything else is replaced."""
    for name, value in delta.items():
        if name == "type":
            continue
        if delta["type"] == "citations_delta" and name == "citation":
            block["citations"] = [*(block.get("citations") or []), value]
        elif isinstance(value, str) and isinstance(block.get(name), str):
            block[name] += value
        elif isinstance(value, list) and isinstance(block.get(name), list):
            block[name] = [*block[name], *value]
        else:
            block[name] = value
