"""A request as one ordered list of blocks (tools, system, messages) with running token counts and digests."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from . import tokens

BASE_TOKENS = 3
MESSAGE_TOKENS = 4
MEDIA_TOKENS = 1500

Body = Mapping[str, Any]


class Part(NamedTuple):
    """One block of the prompt; `tokens` and `digest` cover everything up to and including it."""

    message: int  # index in `messages`, -1 for tools and system
    tokens: int
    digest: bytes
    ttl: str  # "5m" or "1h" where the block carries cache_control, else ""


def blocks_of(content: str | list[Any] | None) -> list[Body]:
    """Content as a list of blocks, whether it came as a string or as a list."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())


def canonical(block: Body) -> str:
    """The part of a block that the cache and the thinking signature look at: all but cache_control and nulls."""
    kept = {key: value for key, value in block.items() if key != "cache_control" and value is not None}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def block_tokens(block: Body) -> int:
    """Tokens of one block: its text, a flat figure for images and PDFs, or its JSON."""
    match block.get("type"):
        case "text":
            return tokens.count(block["text"])
        case "thinking":
            return tokens.count(block["thinking"])
        case "image":
            return MEDIA_TOKENS
        case "document" if block.get("source", {}).get("type") != "text":
            return MEDIA_TOKENS
        case "tool_result":
            return sum(map(block_tokens, blocks_of(block.get("content")))) + MESSAGE_TOKENS
        case _:
            return tokens.count(canonical(block))


def ordered(body: Body) -> Iterator[tuple[int, str, Body]]:
    """All blocks in the order the cache sees them, as (message index, role, block)."""
    yield from ((-1, "tools", tool) for tool in body.get("tools") or ())
    yield from ((-1, "system", block) for block in blocks_of(body.get("system")))
    for index, message in enumerate(body["messages"]):
        yield from ((index, message["role"], block) for block in blocks_of(message["content"]))


def parts(body: Body) -> list[Part]:
    """The prompt's parts. Top-level `cache_control` marks the last one, as the API does."""
    digest = hashlib.blake2b(digest_size=16)
    found: list[Part] = []
    total, last = 0, -1
    for index, role, block in ordered(body):
        total += block_tokens(block) + (MESSAGE_TOKENS if index != last else 0)
        last = index
        digest.update(f"{index} {role} {canonical(block)}".encode())
        found.append(Part(index, total, digest.digest(), ttl_of(block)))
    if found and body.get("cache_control"):
        found[-1] = found[-1]._replace(ttl=ttl_of(body))
    return found


def ttl_of(block: Body) -> str:
    """How long `cache_control` on this block keeps it, or "" when it carries none."""
    control = block.get("cache_control")
    return (control.get("ttl") or "5m") if control else ""


def count(found: list[Part]) -> int:
    """Tokens of the whole prompt: the text, 4 for each message and 3 for the request."""
    return BASE_TOKENS + (found[-1].tokens if found else 0)


def digest_before(found: list[Part], message: int) -> bytes:
    """Digest of tools, system and all messages before `message`: what a thinking signature is bound to."""
    return next((part.digest for part in reversed(found) if part.message < message), b"")


def last_user_text(body: Body) -> str:
    """Text of the last user message, its text blocks joined by line ends."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            return "\n".join(block["text"] for block in blocks_of(message["content"]) if block.get("type") == "text")
    return ""


def paused_in(body: Body) -> list[str]:
    """The ids of the server tools' calls in a paused answer that the request continues, the last one unanswered."""
    last = body["messages"][-1]
    blocks = blocks_of(last["content"]) if last["role"] == "assistant" else []
    calls = [block["id"] for block in blocks if block.get("type") == "server_tool_use"]
    return calls if blocks and blocks[-1].get("type") == "server_tool_use" else []


def system_text(body: Body) -> str:
    """All system text of the request, the system messages between the turns included."""
    found = blocks_of(body.get("system"))
    for message in body["messages"]:
        found += blocks_of(message["content"]) if message["role"] == "system" else []
    return "\n".join(block.get("text", "") for block in found)


def strings(value: object) -> Iterator[str]:
    """Every string inside a JSON value."""
    stack: list[object] = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)
