"""Calls of the tools that a request offers, their input made from the user's words."""

import re
from typing import Any

from . import prompt, wire

WORD = re.compile(r"[^\W\d_]+")


def offered(body: prompt.Body) -> list[prompt.Body]:
    """The client's own tools: the ones with a schema."""
    return [tool for tool in body.get("tools") or () if "input_schema" in tool]


def call(text: str, body: prompt.Body) -> dict[str, Any] | None:
    """A tool_use block if the words name an offered tool or ask for one, else None."""
    words = {word.lower() for word in WORD.findall(text)}
    for tool in offered(body):
        named = {word.lower() for word in WORD.findall(tool["name"].replace("_", " "))} - {"get", "the"}
        if named & words or "tool" in words:
            values = example_input(tool["input_schema"], text)
            call_id = wire.derived_id("toolu", tool["name"], text)
            return {"type": "tool_use", "id": call_id, "name": tool["name"], "input": values}
    return None


def example_input(schema: prompt.Body, text: str) -> dict[str, Any]:
    """A value for each property of an object schema."""
    return {name: example(each, text) for name, each in schema.get("properties", {}).items()}


def example(schema: prompt.Body, text: str) -> object:
    """A plausible value of this JSON schema: strings are the last capitalised word of the message."""
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "integer" | "number":
            return next((int(number) for number in re.findall(r"\d{1,9}", text)), 1)
        case "boolean":
            return True
        case "array":
            return [example(schema.get("items", {}), text)]
        case "object":
            return example_input(schema, text)
        case _:
            names = [word for word in WORD.findall(text) if word[:1].isupper()]
            return names[-1] if names else text.strip()[:60]


def last_result(body: prompt.Body) -> str:
    """Text of the last tool result, when the conversation waits for an answer to one."""
    messages = body.get("messages") or []
    last = prompt.blocks_of(messages[-1]["content"]) if messages else []
    results = [block for block in last if block.get("type") == "tool_result"]
    parts = prompt.blocks_of(results[-1].get("content")) if results else []
    return " ".join(part.get("text", "") for part in parts).strip()
