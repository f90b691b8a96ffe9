"""Websocket frames, as ``docs/protocol.md`` has them: JSON text to commands, and the progress of turns to JSON text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chat.engine import errors
from chat.engine.errors import ChatError, ProviderError, Refused
from chat.engine.events import BlockEnded, BlockStarted, Delta, Note
from chat.engine.reply import GROWING, Block, Cursor, Reply
from chat.models import Message, UsageRecord

PROTOCOL = 1
MAX_DEPTH = 8
LONGEST_TEXT = 16_384
"""Code points in a ``delta`` frame: a long text comes in several, for daphne sends none over 1 MiB."""
_PRIVATE = {"type", "signature", "encrypted_content", "encrypted_index", "encrypted_stdout"}
_EXACTNESS: list[str] = [each.value for each in UsageRecord.Exactness]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Annotated[str, Field(max_length=64)] | None = None


class CursorField(BaseModel):
    """How far a client has come in a turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    block: Annotated[int, Field(ge=0, strict=True)]
    offset: Annotated[int, Field(ge=0, strict=True)]


class Send(_Frame):
    """A question."""

    type: Literal["send"]
    key: UUID
    conversation: UUID | None
    parent: UUID | None
    text: str
    model: Annotated[str, Field(max_length=100)] = ""


class Regenerate(_Frame):
    """An answer to be made again."""

    type: Literal["regenerate"]
    key: UUID
    message: UUID
    model: Annotated[str, Field(max_length=100)] = ""


class Stop(_Frame):
    """A turn to be stopped."""

    type: Literal["stop"]
    turn: UUID


class Watch(_Frame):
    """A conversation to be followed, from cursors on."""

    type: Literal["watch"]
    conversation: UUID
    cursors: Annotated[dict[UUID, CursorField], Field(max_length=20)] = {}


class Unwatch(_Frame):
    """A conversation to be followed no more."""

    type: Literal["unwatch"]
    conversation: UUID


class Ping(_Frame):
    """A sign of life."""

    type: Literal["ping"]


class Ack(_Frame):
    """How many frames have come through this socket, all in all."""

    type: Literal["ack"]
    frames: Annotated[int, Field(ge=0, strict=True)]


Command = Send | Regenerate | Stop | Watch | Unwatch | Ping | Ack
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


class BadFrame(Refused):
    """A frame that is not a command; ``re`` is its id where it could be read."""

    def __init__(self, code: str, message: str, re: str | None = None) -> None:
        super().__init__(code, message)
        self.re = re


def decode(text: str | None) -> Command:
    """The command in a text frame; raises `BadFrame` for everything else, binary (``None``) included."""
    if text is None:
        raise BadFrame("bad_frame", "Frames are JSON text; this one was binary.")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > settings.CHAT_MAX_FRAME_BYTES:
        raise BadFrame("too_large", f"The frame has {size:,} bytes; the limit is {settings.CHAT_MAX_FRAME_BYTES:,}.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("bad_frame", "The frame is not JSON.") from None
    if not isinstance(data, dict) or _depth(data) > MAX_DEPTH:
        raise BadFrame("bad_frame", "The frame is not a JSON object, or is nested too deeply.")
    return _command(data)


def encode(frame: Mapping[str, Any]) -> str:
    """A frame as JSON text."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def progress(turn: str, reply: Reply, cursor: Cursor) -> list[str]:
    """The frames that take a client from ``cursor`` to the end of ``reply``, encoded."""
    frames: list[str] = []
    changed: int | None = None
    offset = cursor.offset
    for event in reply.since(cursor):
        match event:
            case Delta(index, text):
                frames += _deltas(turn, index, offset if index == cursor.block else 0, text)
            case BlockStarted(index):
                frames.append(encode(_block(turn, index, reply.blocks[index], started=True)))
            case Note(index) | BlockEnded(index):
                if changed != index:
                    frames.append(encode(_block(turn, index, reply.blocks[index])))
                changed = index
    return frames


def _deltas(turn: str, index: int, offset: int, text: str) -> Iterable[str]:
    for start in range(0, len(text), LONGEST_TEXT):
        part = encode_basestring(text[start : start + LONGEST_TEXT])
        # By hand: this is every token's way.
        yield f'{{"type":"delta","turn":"{turn}","index":{index},"offset":{offset + start},"text":{part}}}'


def refused(error: Refused, re: str | None = None) -> dict[str, Any]:
    """The ``refused`` frame of an error."""
    frame = answer("refused", re, code=error.code, message=error.message)
    return frame if error.retry_after is None else {**frame, "retry_after": error.retry_after}


def answer(type_: str, re: str | None, **fields: object) -> dict[str, Any]:
    """A frame that answers a command."""
    return {"type": type_, **({} if re is None else {"re": re}), **fields}


def ended(message: Message, records: Sequence[UsageRecord]) -> dict[str, Any]:
    """The ``ended`` frame of a turn that is over, from what is kept of it and of its calls."""
    last = records[-1] if records else None
    frame = {
        "type": "ended",
        "turn": str(message.pk),
        "conversation": str(message.conversation_id),
        "state": message.state,
        "stop_reason": message.stop_reason or None,
        "usage": _usage(records),
        "cost": _cost(records),
        "exactness": max((record.exactness for record in records), key=_EXACTNESS.index, default="exact"),
        "model": message.model,
        "seconds": last and last.seconds,
        "first_token_seconds": last and last.first_token_seconds,
    }
    if message.error_code:
        frame["error"] = error_of(message, last.request_id if last else "")
    return frame


def error_of(message: Message, request_id: str) -> dict[str, Any]:
    """What went wrong with an answer: a sentence for the person, and the details behind it."""
    kind = error_kind(message.error_code)
    return {
        "code": message.error_code,
        "message": kind.sentence,
        "detail": message.error_detail,
        "request_id": request_id,
        "retryable": kind.retryable,
    }


def error_kind(code: str) -> type[ChatError]:
    """The class of our error family with this code; the general one where it is not known (any more)."""
    return _KINDS.get(code, ProviderError)


_KINDS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ChatError)}


def _command(data: dict[str, Any]) -> Command:
    # Half a surrogate pair could not be sent back.
    re = data["id"] if isinstance(data.get("id"), str) and data["id"].isprintable() else None
    try:
        return _COMMANDS.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"].startswith("union_tag"):
            raise BadFrame("unknown_type", "There is no command of this type.", re) from None
        place = ".".join(str(part) for part in first["loc"][1:])
        raise BadFrame("bad_frame", f"{place}: {first['msg']}.", re) from None


def _depth(value: object) -> int:
    level: list[object] = [value]
    depth = 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for each in level if isinstance(each, dict | list) for child in _children(each)]
    return depth


def _children(value: dict[str, object] | list[object]) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value


def _block(turn: str, index: int, block: Block, *, started: bool = False) -> dict[str, Any]:
    done = block.ended and not started
    shape = dict(block.start) if started else block.content()
    field = GROWING.get(block.kind)
    if field and not (done and field == "input"):
        shape.pop(field, None)
    if block.kind == "redacted_thinking":
        shape.pop("data", None)
    return {"type": "block", "turn": turn, "index": index, "kind": block.kind, "data": _visible(shape), "done": done}


def _visible(value: object, *, top: bool = True) -> object:
    if isinstance(value, dict):
        hidden = _PRIVATE if top else _PRIVATE - {"type"}
        return {name: _visible(each, top=False) for name, each in value.items() if name not in hidden}
    if isinstance(value, list):
        return [_visible(each, top=False) for each in value]
    return value


def _usage(records: Sequence[UsageRecord]) -> dict[str, int] | None:
    if not records:
        return None
    return {
        "input": sum(record.input_tokens for record in records),
        "output": sum(record.output_tokens for record in records),
        "cache_write": sum(record.cache_write_5m_tokens + record.cache_write_1h_tokens for record in records),
        "cache_read": sum(record.cache_read_tokens for record in records),
        "thinking": sum(record.thinking_tokens for record in records),
    }


def _cost(records: Sequence[UsageRecord]) -> str | None:
    costs = [record.cost for record in records]
    if not costs or None in costs:
        return None
    return format(sum((cost for cost in costs if cost is not None), Decimal()).normalize(), "f")
