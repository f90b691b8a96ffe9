"""What of earlier answers is sent back to the API."""

from collections.abc import Iterable
from typing import Any

from chat.engine.events import Json

_THINKING = ("thinking", "redacted_thinking")


def sendable(content: Iterable[Json]) -> list[dict[str, Any]]:
    """The blocks of an earlier answer that the API takes back; empty where nothing is left.

    Left out are: thinking (its signature binds it to an unchanged system prompt and model, and an answer without any
    earlier thinking is always valid: "preserved thinking" in the API's documentation), empty text (a 400), and calls
    of tools without a result (an answer that was cut off in the middle of one) or with input that is not an object,
    with the result of such a call.
    """
    blocks = [dict(block) for block in content if block["type"] not in _THINKING]
    answered = {block.get("tool_use_id") for block in blocks}
    calls = {block["id"] for block in blocks if _is_call(block) and isinstance(block.get("input"), dict)} & answered
    return [block for block in blocks if _takes(block, calls)]


def _is_call(block: Json) -> bool:
    return str(block["type"]).endswith("tool_use")


def _takes(block: Json, calls: set[Any]) -> bool:
    if block["type"] == "text":
        return bool(block["text"].strip())
    if _is_call(block):
        return block["id"] in calls
    return "tool_use_id" not in block or block["tool_use_id"] in calls
