"""An excerpt of a reply as plain data: how an answer travels from the process that writes it to one that shows it.

    [block, offset, marks, [[text, [mark, ...]], ...]]

The first three are the cursor at which it begins; then, for each block from there on, the new text and the new marks
(the block's start, its notes, and ``None`` for its end). All of it can be JSON or msgpack. Excerpts may be lost, come
twice or overlap: `take` adds what is new and says where something is missing.
"""

from typing import Any

from chat.engine.events import BlockEnded, BlockStarted, Delta, Note
from chat.engine.reply import Block, Cursor, Reply

Excerpt = list[Any]


class Gap(Exception):
    """An excerpt begins after the end of the reply: something in between was lost. Ask from ``reply.end`` on."""


def excerpt(reply: Reply, cursor: Cursor) -> Excerpt:
    """What lies between ``cursor`` and the end of ``reply``."""
    blocks = []
    offset, marks = cursor.offset, cursor.marks
    for block in reply.blocks[cursor.block :]:
        blocks.append([block.text_from(offset), _marks(block)[marks:]])
        offset = marks = 0
    return [*cursor, blocks]


def take(reply: Reply, excerpt: Excerpt) -> None:
    """Let ``reply`` grow by an excerpt. Raises `Gap`, with the reply as it was, where it does not connect."""
    *start, blocks = excerpt
    cursor = Cursor(*start)
    if not reaches(reply.end, cursor):
        raise Gap
    offset, marks = cursor.offset, cursor.marks
    for index, (text, new) in enumerate(blocks, cursor.block):
        if index == len(reply.blocks):
            reply.append(BlockStarted(index, new[0]))
        block = reply.blocks[index]
        if unread := text[block.length - offset :]:
            reply.append(Delta(index, unread))
        for mark in new[block.marks - marks :]:
            reply.append(BlockEnded(index) if mark is None else Note(index, mark))
        offset = marks = 0


def complete(reply: Reply, kept: Reply) -> None:
    """Let ``reply`` grow to what was kept of it (`Reply.of`), where a block's notes can no longer be told apart.

    What had arrived but was not kept stays.
    """
    last = len(reply.blocks) - 1
    if 0 <= last < len(kept.blocks) and not reply.blocks[last].ended:
        if unread := kept.blocks[last].text_from(reply.blocks[last].length):
            reply.append(Delta(last, unread))
        reply.append(BlockEnded(last))
    for event in kept.since(Cursor(len(reply.blocks))):
        reply.append(event)


def reaches(end: Cursor, cursor: Cursor) -> bool:
    """Whether somebody who has everything up to ``end`` has everything up to ``cursor``."""
    if end.block != cursor.block:
        return end.block > cursor.block
    return end.offset >= cursor.offset and end.marks >= cursor.marks


def _marks(block: Block) -> list[Any]:
    return [block.start, *block.notes, *([None] if block.ended else [])]
