"""The models that the simulator offers, with their limits and the thinking settings each one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALWAYS = frozenset({"adaptive"})
SWITCHED = frozenset({"adaptive", "disabled"})
BUDGETED = frozenset({"enabled", "disabled"})
ANY = SWITCHED | BUDGETED
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the API knows it (reference/anthropic-api.md section 1; limits and dates of November 2026)."""

    id: str
    name: str
    created: str
    thinking: frozenset[str]
    context: int = 1_000_000
    max_output: int = 128_000
    cache_minimum: int = 512
    snapshot: str = ""
    retires: str = ""

    @property
    def line(self) -> str:
        """The model's family: opus, sonnet, haiku, fable or mythos."""
        return self.id.split("-")[1]

    @property
    def generation(self) -> tuple[int, int]:
        """Version as numbers, so that `claude-opus-5` is (5, 0) and before (5, 5)."""
        numbers = [int(part) for part in self.id.split("-")[2:4]]
        return numbers[0], numbers[1] if len(numbers) > 1 else 0

    @property
    def thinks_unasked(self) -> bool:
        """True for 5.x, where thinking is on unless it is turned off."""
        return self.generation >= (5, 0)

    @property
    def omits_thinking(self) -> bool:
        """True from 4.7 on, where `display` is "omitted" unless asked otherwise."""
        return self.generation >= (4, 7)

    @property
    def answers_as(self) -> str:
        """The id in a response: for some aliases the dated snapshot behind it."""
        return self.snapshot or self.id


MODELS = (
    Model("claude-fable-5-2", "Claude Fable 5.2", "2026-11-09", ALWAYS),
    Model("claude-mythos-5-2", "Claude Mythos 5.2", "2026-11-09", ALWAYS),
    Model("claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-07", SWITCHED, snapshot="claude-haiku-5-5-20261007"),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-28", frozenset({"adaptive", "between_tools"})),
    Model("claude-opus-5-5", "Claude Opus 5.5", "2026-09-22", ALWAYS),
    Model("claude-fable-5-1", "Claude Fable 5.1", "2026-09-01", ALWAYS),
    Model("claude-mythos-5-1", "Claude Mythos 5.1", "2026-09-01", ALWAYS),
    Model("claude-fable-5", "Claude Fable 5", "2026-07-01", ALWAYS),
    Model("claude-mythos-5", "Claude Mythos 5", "2026-07-01", ALWAYS),
    Model("claude-sonnet-5", "Claude Sonnet 5", "2026-07-15", SWITCHED, cache_minimum=1024),
    Model("claude-opus-5", "Claude Opus 5", "2026-07-15", SWITCHED),
    Model("claude-opus-4-8", "Claude Opus 4.8", "2026-05-20", SWITCHED, cache_minimum=1024),
    Model("claude-opus-4-7", "Claude Opus 4.7", "2026-04-16", SWITCHED, cache_minimum=2048),
    Model("claude-opus-4-6", "Claude Opus 4.6", "2026-02-05", ANY, cache_minimum=4096),
    Model("claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17", ANY, cache_minimum=1024),
    Model("claude-haiku-4-5", "Claude Haiku 4.5", "2025-10-01", BUDGETED, 200_000, 64_000, 4096,
          "claude-haiku-4-5-20251001"),
    Model("claude-opus-4-5", "Claude Opus 4.5", "2025-11-01", BUDGETED, 200_000, 64_000, 4096,
          "claude-opus-4-5-20251101"),
    Model("claude-sonnet-4-5", "Claude Sonnet 4.5", "2025-09-29", BUDGETED, 200_000, 64_000, 1024,
          "claude-sonnet-4-5-20250929", "2026-11-30"),
)  # fmt: skip

BY_ID = {model.id: model for model in MODELS} | {model.answers_as: model for model in MODELS}


def supported(yes: bool) -> dict[str, bool]:
    """One capability in the Models API's shape."""
    return {"supported": yes}


def capabilities(model: Model) -> dict[str, Any]:
    """What the Models API says that `model` can do."""
    current = model.generation >= (4, 6)
    types = {kind: supported(kind in model.thinking) for kind in ("adaptive", "between_tools", "disabled", "enabled")}
    plain = ("batch", "citations", "image_input", "pdf_input", "structured_outputs")
    edits = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
    return {
        **{name: supported(True) for name in plain},
        "code_execution": supported(current),
        "context_management": {"supported": True, **{name: supported(True) for name in edits}},
        "effort": {"supported": current, **{level: supported(current) for level in EFFORTS}},
        "server_tools": {"supported": True, "code_execution": supported(True), "web_search": supported(True)},
        "thinking": {"supported": True, "types": types},
    }


def describe(model: Model) -> Mapping[str, Any]:
    """`model` as an item of the Models API (`types/model_info.py` of the SDK 2.11.0)."""
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": f"{model.created}T00:00:00Z",
        "line": model.line,
        "lifecycle": "deprecated" if model.retires else "active",
        "deprecated_at": f"{model.created}T00:00:00Z" if model.retires else None,
        "retires_at": f"{model.retires}T00:00:00Z" if model.retires else None,
        "max_input_tokens": model.context,
        "max_tokens": model.max_output,
        "capabilities": capabilities(model),
    }
