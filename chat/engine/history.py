"""What of earlier answers is sent back to the API."""

from collections.abc import Iterable
from typing import Any

from chat.engine.events import Json

_THINKING = ("thinking", "redacted_thinking")


def sendable(content: Iterable[Json]) -> list[dict[str, Any]]:
    """The blocks of an earlier answer that the API takes back; empty where nothing is left.

    Left out are: thinking (its signature binds it to an unchanged system prompt and model, and an answer without any
    earlier thinking is always valid: "preserved thinking" in the API's documentation), empty text (a 400), and calls
    of tools without a result (an answer that was cut off in the middle of one).
    """
    blocks = [dict(block) for block in content if block["type"] not in _THINKING]
    answered = {block.get("tool_use_id") for block in blocks}
    return [block for block in blocks if _takes(block, answered)]


def _takes(block: Json, answered: set[Any]) -> bool:
    if block["type"] == "text":
        return bool(block["text"].strip())
    if block["type"].endswith("tool_use"):
        return block["id"] in answered and isinstance(block.get("input"), dict)
    return True
