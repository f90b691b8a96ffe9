"""What to answer: from a request and its directive to content blocks, without a clock or a socket."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import answers, generators, prompt, tokens, tools, wire
from . import directive as directives
from .answers import search
from .catalogue import Model
from .directive import Directive
from .errors import ApiError

SIZE = 20_000
TITLE = re.compile(r"\b(give|write|make|suggest|create|generate|find|choose)\b.*\btitle\b", re.IGNORECASE)
THINK = re.compile(r"\b(think|reason|reasoning|why|prove|puzzle|riddle|step by step)\b", re.IGNORECASE)


class Block(NamedTuple):
    """One content block in the API's shape, and what of it is not in that shape."""

    body: dict[str, Any]
    hidden: int = 0  # tokens of thinking that is not shown
    stamps: int = 0  # pieces that are made when they are sent
    grown: int = 0  # input tokens that this block's content costs when the model reads it


class Plan(NamedTuple):
    """A whole answer, before it is timed or broken."""

    model: str
    blocks: tuple[Block, ...]
    stop_reason: str
    stop_details: dict[str, Any] | None
    directive: Directive


def text_block(text: str) -> dict[str, Any]:
    """A text block in the API's shape."""
    return {"type": "text", "text": text}


def answer_text(message: str) -> str:
    """The text that the simulator answers to this user message, all text blocks joined: pure, for tests to compare.

    Not known beforehand: stamped pieces, cuts by `max_tokens`, answers that depend on the request's tools.
    """
    text, keys = directives.read(message)
    directive = directives.build(keys)
    found = limit(answer_blocks(directive, text, {}), directive.tokens)[0]
    return "".join(each["text"] for each in found if each["type"] == "text")


def answer_blocks(directive: Directive, text: str, body: prompt.Body) -> list[dict[str, Any]]:
    """The content without thinking: exact where the directive says so, else a demo chosen by the words."""
    if directive.tokens == 0 or directive.stamps:
        return []
    if directive.blocks is not None:
        return directive.blocks
    if directive.text is not None:
        return [text_block(directive.text)]
    if directive.generate is not None:
        return [text_block(generated(directive.generate, directive.size or SIZE))]
    if directive.tokens is not None and directive.answer is None:
        pieces = tokens.split(generators.generate("words", 6 * directive.tokens))
        return [text_block("".join(pieces[: directive.tokens]))]
    return demo_blocks(directive.answer, text, body)


def pause_blocks(text: str, number: int) -> list[dict[str, Any]]:
    """An answer that pauses in the middle of a search."""
    return [text_block(f"Search {number + 1}: "), search.call(text, number)]


def generated(name: str, size: int) -> str:
    """Generated text; ApiError 400 for a generator that does not exist."""
    if name not in generators.GENERATORS:
        raise ApiError(400, f"simulator directive: no generator {name!r}, there are {sorted(generators.GENERATORS)}")
    return generators.generate(name, size)


def demo_blocks(name: str | None, text: str, body: prompt.Body) -> list[dict[str, Any]]:
    """A demo answer: of this name, or by tool, or by the words of the message."""
    if result := tools.last_result(body):
        return [text_block(f"The tool answered:\n\n> {result}\n\nSo that is settled, as far as a simulator can tell.")]
    if name is None and (call := tools.call(text, body)):
        return [text_block("Let me ask a tool about that."), call]
    chosen = name or answers.choose(text)
    if chosen == "search":
        return search.blocks(text)
    return [text_block(answers.read(chosen, text))]


def limit(blocks: list[dict[str, Any]], most: int | None) -> tuple[list[dict[str, Any]], bool]:
    """The blocks cut to `most` tokens of text, and whether anything was cut. Other blocks are kept whole."""
    if most is None:
        return blocks, False
    kept: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        pieces = tokens.split(block["text"]) if block["type"] == "text" else []
        if len(pieces) > most:
            return [*kept, block | {"text": "".join(pieces[:most])}] if most else kept, True
        kept.append(block)
        most -= len(pieces)
        if not most and index < len(blocks) - 1:
            return kept, True
    return kept, False


def resolve(body: prompt.Body, rules: Mapping[str, Any]) -> tuple[Directive, str]:
    """The directive of this request (over `rules`) and the user's words without it.

    A title request quotes the user's message, directive included: it obeys nothing in it but the key `title`.
    """
    message = prompt.last_user_text(body)
    if TITLE.search(prompt.system_text(body)):
        return directives.build(title_keys(message, rules)), ""
    text, keys = directives.read(message)
    return directives.build({**rules, **keys}), text


def title_keys(message: str, rules: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a directive that answers a title request."""
    try:
        text, keys = directives.read(message)
    except ApiError:
        # The request may quote a long message cut short, in the middle of its directive.
        text, keys = message.partition(directives.OPENING)[0], {}
    wanted = {**rules, **keys}.get("title") or answers.title(text)
    return wanted if isinstance(wanted, dict) else {"text": wanted, "thinking": False}


def plan(directive: Directive, text: str, body: prompt.Body, model: Model, signature: str) -> Plan:
    """The whole answer to a valid request."""
    first = thinking_blocks(directive, text, body, model, signature)
    room = body["max_tokens"] - sum(tokens.count(each.body.get("thinking", "")) + each.hidden for each in first)
    most = room if directive.tokens is None else min(room, directive.tokens)
    done = prompt.paused_in(body)
    pauses = len(done) < directive.pauses
    answer = pause_blocks(text, len(done)) if pauses else answer_blocks(directive, text, body)
    resumed = [search.found(done[-1])] if done else []
    content, cut = limit([*resumed, *answer], most)
    blocks = [*first, *(Block(each, grown=growth(each)) for each in content)]
    if directive.stamps:
        blocks.append(Block(text_block(""), stamps=directive.tokens or 100))
    details = directive.stop_details
    reason = (
        "pause_turn"
        if pauses
        else directive.stop_reason or ("max_tokens" if cut and most == room else natural_stop(blocks))
    )
    if reason == "refusal" and details is None:
        details = {"type": "refusal", "category": "general_harms", "explanation": "Simulated refusal."}
    return Plan(directive.model or model.answers_as, tuple(blocks), reason, details, directive)


def natural_stop(blocks: list[Block]) -> str:
    """tool_use when the answer ends with a call, else end_turn."""
    return "tool_use" if blocks and blocks[-1].body["type"] == "tool_use" else "end_turn"


def growth(block: dict[str, Any]) -> int:
    """Input tokens that a server tool's result adds; 0 for other blocks."""
    return prompt.block_tokens(block) if block["type"].endswith("_tool_result") else 0


def thinking_blocks(directive: Directive, text: str, body: prompt.Body, model: Model, signature: str) -> list[Block]:
    """Redacted and plain thinking before the answer, as far as directive, request and words want it."""
    redacted = directive.redacted or "redacted" in text.lower()
    first = [Block({"type": "redacted_thinking", "data": wire.derived_id("red", text)})] if redacted else []
    wanted = directive.thinking
    if wanted is None:
        wanted = thinks(body, model) and bool(THINK.search(text)) and directive.tokens is None
    if not wanted:
        return first
    thought = wanted if isinstance(wanted, str) else answers.read("thought", text)
    shown = display(body, model) == "summarized"
    block = {"type": "thinking", "thinking": thought if shown else "", "signature": signature}
    return [*first, Block(block, hidden=0 if shown else tokens.count(thought))]


def thinks(body: prompt.Body, model: Model) -> bool:
    """Whether the request lets the model think."""
    kind = (body.get("thinking") or {}).get("type")
    return model.thinks_unasked if kind is None else kind in ("adaptive", "enabled")


def display(body: prompt.Body, model: Model) -> str:
    """How thinking is shown: as asked, else by the model's default."""
    asked = (body.get("thinking") or {}).get("display")
    return asked or ("omitted" if model.omits_thinking else "summarized")
