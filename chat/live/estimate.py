"""What a call used that did not come to its end: the API's exact figures as far as they came, the rest counted."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chat.engine.ceiling import Size
from chat.engine.errors import ProviderError
from chat.engine.events import Json
from chat.engine.provider import Prompt, Provider
from chat.engine.reply import Reply
from chat.engine.usage import Usage, merged, with_output
from chat.ledger import Call, Exactness

logger = logging.getLogger(__name__)

COUNT_SECONDS = 5
_BYTES_PER_TOKEN = 4
_BYTES_PER_TOKEN_AT_LEAST = 2
_ONE_WORD = "a"


async def estimated(provider: Provider, prompt: Prompt, reply: Reply, call: Call, *, sent: bool = True) -> Call:
    """``call`` with its usage completed and its exactness told.

    ``sent`` is false where the API was not asked, or answered with an error status: then nothing was billed. Output
    that the API had not counted yet is counted by ``count_tokens`` on what arrived, less the overhead of a message. It
    cannot see thinking that was not shown, nor what a server tool brought into the prompt, so with these it is a lower
    bound (reference: "Token counting", an estimate and free of charge).
    """
    if reply.counted or not sent:
        return replace(call, exactness=Exactness.EXACT)
    if not reply.started:
        tokens = await _count(provider, prompt.model, _with_system(prompt))
        return replace(call, usage={"input_tokens": tokens, "output_tokens": 0}, exactness=Exactness.ESTIMATED)
    hidden = any("thinking" in block.kind or block.kind == "server_tool_use" for block in reply.blocks_of_call)
    text = reply.uncounted_text
    output = reply.counted_output + (await _tokens_of(provider, prompt.model, text) if text else 0)
    if reply.usage.get("iterations"):
        output = max(output, Usage.from_api(reply.usage).output)
    usage = with_output(merged(reply.usage, _searches(reply)), output)
    return replace(call, usage=usage, exactness=Exactness.LOWER_BOUND if hidden else Exactness.ESTIMATED)


async def size_of(provider: Provider, prompt: Prompt) -> Size:
    """How much a call asks for, counted by the API; where that fails, rather too much than too little."""
    tokens = await _count(provider, prompt.model, _with_system(prompt), _BYTES_PER_TOKEN_AT_LEAST)
    return Size.counted(tokens, prompt.max_tokens)


def _searches(reply: Reply) -> dict[str, Any]:
    """Searches have a fee each, and the API tells their number only at the end of the stream."""
    calls = [block for block in reply.blocks_of_call if block.kind == "server_tool_use"]
    seen = sum(block.start.get("name") == "web_search" for block in calls)
    return {"server_tool_use": {"web_search_requests": seen}} if seen else {}


async def _tokens_of(provider: Provider, model: str, text: str) -> int:
    whole, overhead = await asyncio.gather(
        _count(provider, model, [{"role": "user", "content": text}]),
        _count(provider, model, [{"role": "user", "content": _ONE_WORD}]),
    )
    return max(whole - overhead + 1, 1)


async def _count(
    provider: Provider, model: str, messages: Sequence[Json], bytes_per_token: int = _BYTES_PER_TOKEN
) -> int:
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            return await provider.count_tokens(model, messages)
    except (ProviderError, TimeoutError) as error:
        logger.warning("Tokens were estimated from the length of the text: count_tokens failed (%r).", error)
        return sum(len(str(message["content"]).encode()) for message in messages) // bytes_per_token


def _with_system(prompt: Prompt) -> list[Json]:
    system: list[Json] = [{"role": "user", "content": prompt.system}] if prompt.system else []
    return [*system, *prompt.messages]
