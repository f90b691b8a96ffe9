"""Content blocks of the API as the templates show them: text, thinking, and everything else behind a fold."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

TEXT = "chat/_block_text.html"
THINKING = "chat/_block_thinking.html"
TOOL = "chat/_block_tool.html"
STRETCH = 4_000  # characters


@dataclass(frozen=True, slots=True)
class Link:
    """A page that a search found; ``url`` is http or https."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block: ``text`` is its source or JSON, ``part`` says whether it is Markdown, ``citations`` is JSON.

    ``continues``: it goes on in the line of the text before it, since citations split sentences into blocks;
    ``continued``: so does the text after it.
    """

    index: int
    kind: str
    template: str
    text: str = ""
    part: str = "markdown"
    citations: str = "[]"
    continues: bool = False
    continued: bool = False
    summary: str = ""
    hint: str = ""
    links: tuple[Link, ...] = ()

    @property
    def stretches(self) -> list[str]:
        """The text in pieces; a short one is its only piece."""
        return list(stretches(self.text))


def blocks_of(content: list[dict[str, Any]], part: str = "markdown") -> list[Block]:
    """The blocks of a message; ``part`` is ``text`` where its text is not Markdown, as in questions."""
    blocks = [_block(index, raw, part) for index, raw in enumerate(content)]
    joins = [_reads_on(before, block) for before, block in pairwise(blocks)]
    sides = zip(blocks, [False, *joins], [*joins, False], strict=False)
    return [replace(block, continues=before, continued=after) for block, before, after in sides]


def stretches(text: str) -> Iterator[str]:
    """A long text in pieces of whole lines, so that a browser lays out only those that are near the screen."""
    start = 0
    while len(text) - start > STRETCH and (end := text.find("\n", start + STRETCH)) >= 0:
        yield text[start : end + 1]
        start = end + 1
    yield text[start:]


def _reads_on(before: Block, block: Block) -> bool:
    both_text = before.kind == block.kind == "text"
    return both_text and bool(block.text) and "\n" not in (before.text[-1:], block.text[0])


def _block(index: int, raw: Mapping[str, Any], part: str) -> Block:
    kind = str(raw.get("type", ""))
    if kind == "text":
        citations = json.dumps(raw.get("citations") or [])
        return Block(index, kind, TEXT, text=str(raw.get("text", "")), part=part, citations=citations)
    if kind == "thinking":
        return Block(index, kind, THINKING, text=str(raw.get("thinking", "")), summary="Thinking")
    if kind == "redacted_thinking":
        return Block(index, kind, THINKING, summary="Thinking, hidden by the provider")
    if kind.endswith("tool_use"):
        return _tool(index, kind, raw)
    return _result(index, kind, raw)


def _tool(index: int, kind: str, raw: Mapping[str, Any]) -> Block:
    given = raw.get("input")
    words = [value for value in given.values() if isinstance(value, str)] if isinstance(given, Mapping) else []
    text = given if isinstance(given, str) else _readable(given)
    return Block(index, kind, TOOL, text=text, summary=_words(str(raw.get("name", kind))), hint=next(iter(words), ""))


def _result(index: int, kind: str, raw: Mapping[str, Any]) -> Block:
    links = tuple(_links(raw.get("content")))
    if links:
        return Block(index, kind, TOOL, summary=f"{len(links)} result{'s' if len(links) > 1 else ''}", links=links)
    return Block(index, kind, TOOL, text=_readable(raw), summary=_words(kind))


def _links(content: Any) -> Iterator[Link]:
    for found in content if isinstance(content, list) else ():
        url = str(found.get("url", "")) if isinstance(found, Mapping) else ""
        if url.startswith(("https://", "http://")):
            yield Link(url, str(found.get("title") or url))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _readable(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
