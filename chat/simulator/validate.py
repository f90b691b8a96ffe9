"""What the API refuses: the checks on a Messages request that a client of ours could fail."""

from collections.abc import Mapping
from typing import Any

from . import prompt
from .catalogue import BY_ID, Model
from .errors import ApiError

Body = Mapping[str, Any]
ROLES = ("user", "assistant", "system")
HIGH_EFFORTS = ("xhigh", "max")


def refuse(message: str) -> ApiError:
    """A 400 with this message."""
    return ApiError(400, message)


def check_model(body: Body) -> Model:
    """The model asked for; ApiError 404 when there is none of that id."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise refuse("model: Field required")
    if name not in BY_ID:
        raise ApiError(404, f"model: {name}")
    return BY_ID[name]


def check_messages(body: Body, model: Model) -> None:
    """Shape and order of `messages`, and the blocks in them."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise refuse("messages: Field required")
    if not messages:
        raise refuse("messages: at least one message is required")
    for index, message in enumerate(messages):
        check_message(message, f"messages.{index}")
    if messages[0]["role"] != "user":
        raise refuse("messages: first message must use the user role")
    if messages[-1]["role"] == "assistant" and model.generation >= (5, 0) and not prompt.paused_in(body):
        raise refuse("This model does not support assistant message prefill. The last message must be a user message.")
    check_tool_results(messages)


def check_message(message: object, place: str) -> None:
    """Role and content of one message."""
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise refuse(f"{place}.role: Input should be 'user', 'assistant' or 'system'")
    content = message.get("content")
    if not isinstance(content, str | list):
        raise refuse(f"{place}.content: Field required")
    if not content and message["role"] != "assistant":
        raise refuse(f"{place}: {message['role']} messages must have non-empty content")
    for index, block in enumerate(prompt.blocks_of(content)):
        check_block(block, message["role"], f"{place}.content.{index}")


def check_block(block: object, role: str, place: str) -> None:
    """One content block of a message."""
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        raise refuse(f"{place}.type: Field required")
    match block["type"], role:
        case "text", _ if not isinstance(block.get("text"), str):
            raise refuse(f"{place}.text: Field required")
        case "text", _ if not block["text"]:
            raise refuse(f"{place}: text content blocks must be non-empty")
        case "text", _ if not block["text"].strip():
            raise refuse(f"{place}: text content blocks must contain non-whitespace text")
        case "text", "user" if block.get("citations"):
            raise refuse(f"{place}.citations: citations are not permitted on text blocks of user messages")
        case "document", "assistant":
            raise refuse(f"{place}: document blocks are not permitted in assistant messages")
        case "thinking", _ if not isinstance(block.get("signature"), str) or "thinking" not in block:
            raise refuse(f"{place}.signature: Field required")
        case (("thinking" | "redacted_thinking"), ("user" | "system")):
            raise refuse(f"{place}: {block['type']} blocks are only permitted in assistant messages")


def check_tool_results(messages: list[Body]) -> None:
    """Each tool_use needs its tool_result in the very next message, and each result its use."""
    for index, message in enumerate(messages):
        before = prompt.blocks_of(messages[index - 1]["content"]) if index else []
        blocks = prompt.blocks_of(message["content"])
        asked = {block.get("id") for block in before if block["type"] == "tool_use"}
        given = {block.get("tool_use_id") for block in blocks if block["type"] == "tool_result"}
        if missing := sorted(map(str, asked - given)):
            raise refuse(f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks: {missing[0]}")
        if extra := sorted(map(str, given - asked)):
            raise refuse(f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {extra[0]}")


def check_sampling(body: Body) -> None:
    """API version 2026-10-21 takes no sampling parameters, not even at their default."""
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            raise refuse(f"{name}: Extra inputs are not permitted")


def check_max_tokens(body: Body, model: Model) -> None:
    """`max_tokens` is there and within the model's limit (0 warms the cache, but not with stream)."""
    wanted = body.get("max_tokens")
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise refuse("max_tokens: Field required")
    if wanted < (1 if body.get("stream") else 0):
        raise refuse("max_tokens: Input should be greater than or equal to 1")
    if wanted > model.max_output:
        raise refuse(
            f"max_tokens: {wanted} > {model.max_output}, "
            f"which is the maximum allowed number of output tokens for {body['model']}"
        )


def check_thinking(body: Body, model: Model) -> None:
    """`thinking` is of a type that the model takes, with its own fields only."""
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind not in ("adaptive", "enabled", "disabled", "between_tools"):
        raise refuse(f"thinking.type: Input tag '{kind}' does not match any of the expected tags")
    if kind not in model.thinking:
        raise refuse(f'"thinking.type.{kind}" is not supported for this model.')
    if extra := sorted(thinking.keys() - {"type", *thinking_fields(kind)}):
        raise refuse(f"thinking.{kind}.{extra[0]}: Extra inputs are not permitted")
    if kind == "enabled":
        check_budget(thinking.get("budget_tokens"), body)
    effort = (body.get("output_config") or {}).get("effort")
    if model.thinks_unasked and kind in ("disabled", "between_tools") and effort in HIGH_EFFORTS:
        raise refuse(f"thinking.type.{kind} is not supported with effort '{effort}'")


def thinking_fields(kind: str) -> tuple[str, ...]:
    """Fields beside `type` that a kind of thinking has."""
    shared = ("display", "block_binding")
    return {"adaptive": shared, "enabled": ("budget_tokens", *shared)}.get(kind, ())


def check_budget(budget: object, body: Body) -> None:
    """`budget_tokens` is at least 1,024 and below `max_tokens`."""
    if not isinstance(budget, int) or budget < 1024:
        raise refuse("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if budget >= body.get("max_tokens", budget + 1):
        raise refuse("`max_tokens` must be greater than `thinking.budget_tokens`")


def check_cache_control(body: Body) -> None:
    """At most four breakpoints, of a type and a time that exist."""
    marked = [block["cache_control"] for _, _, block in prompt.ordered(body) if block.get("cache_control")]
    if len(marked) > 4:
        raise refuse(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}.")
    for control in [*marked, body.get("cache_control") or {"type": "ephemeral"}]:
        if control.get("type") != "ephemeral" or control.get("ttl", "5m") not in ("5m", "1h", None):
            raise refuse("cache_control: type must be 'ephemeral' and ttl '5m' or '1h'")


def check_unicode(body: Body) -> None:
    """No lone surrogates: the API calls such a body invalid JSON."""
    for text in prompt.strings(body):
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise refuse("The request body is not valid JSON: no low surrogate in string")


def check(body: Body, counting: bool = False) -> Model:
    """The model of a well-formed request; ApiError as the API would answer otherwise."""
    check_unicode(body)
    model = check_model(body)
    check_messages(body, model)
    check_cache_control(body)
    check_thinking(body, model)
    if not counting:
        check_sampling(body)
        check_max_tokens(body, model)
    return model
