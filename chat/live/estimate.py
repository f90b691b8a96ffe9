"""What a call used that did not come to its end: the API's exact figures as far as they came, the rest counted."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from chat.engine.ceiling import Size
from chat.engine.errors import ProviderError
from chat.engine.events import Json
from chat.engine.provider import Prompt, Provider
from chat.engine.reply import Reply
from chat.engine.usage import Usage, merged, with_output
from chat.ledger import Call, EstimatedBy, Exactness

logger = logging.getLogger(__name__)

COUNT_SECONDS = 5
_BYTES_PER_TOKEN = 4
_BYTES_PER_TOKEN_AT_LEAST = 2
_ONE_WORD = "a"


class Counted(NamedTuple):
    """Tokens, and whether the API counted them; else they are worked out from the length of the text."""

    tokens: int
    by_api: bool


def finished(reply: Reply, call: Call) -> Call:
    """``call``, all of whose output the API has counted.

    That is exact, unless the API went on counting after it had told of its runs: which run that was is inferred.
    """
    if reply.runs_are_inferred:
        return replace(call, exactness=Exactness.ESTIMATED, estimated_by=EstimatedBy.LAST_RUN)
    return _exact(call)


async def estimated(provider: Provider, prompt: Prompt, reply: Reply, call: Call, *, sent: bool = True) -> Call:
    """``call`` with its usage completed, its exactness told, and what an estimate rests on.

    ``sent`` is false where the API was not asked, or answered with an error status: then nothing was billed. Output
    that the API had not counted yet is counted by ``count_tokens`` on what arrived, less the overhead of a message. It
    cannot see thinking that was not shown, nor what a server tool brought into the prompt, so with these it is a lower
    bound (reference: "Token counting", an estimate and free of charge).
    """
    if not sent:
        return _exact(call)
    if reply.counted:
        return finished(reply, call)
    if not reply.started:
        return await _never_started(provider, prompt, call)
    output, how = reply.counted_output, EstimatedBy.LAST_COUNT
    if text := reply.uncounted_text:
        later = await _tokens_of(provider, prompt.model, text)
        output, how = output + later.tokens, EstimatedBy.TEXT_COUNTED if later.by_api else EstimatedBy.TEXT_LENGTH
    if reply.usage.get("iterations"):
        output = max(output, Usage.from_api(reply.usage).output)
    told: Json = reply.usage
    if not reply.prompt_counted:
        counted, how = await _prompt_of(provider, prompt)
        told = {**told, **counted}
    usage = with_output(merged(told, _searches(reply)), output)
    exactness = Exactness.LOWER_BOUND if _hides(prompt, reply) else Exactness.ESTIMATED
    return replace(call, usage=usage, exactness=exactness, estimated_by=how)


def _hides(prompt: Prompt, reply: Reply) -> bool:
    """Whether the model may have written more than is shown, or read what its tools found."""
    if not reply.blocks_of_call:
        return prompt.thinking is not None and prompt.thinking["type"] != "disabled"
    return any("thinking" in block.kind or block.kind == "server_tool_use" for block in reply.blocks_of_call)


def _exact(call: Call) -> Call:
    return replace(call, exactness=Exactness.EXACT, estimated_by="")


async def _never_started(provider: Provider, prompt: Prompt, call: Call) -> Call:
    """The prompt alone: nothing is known to have been written."""
    counted, how = await _prompt_of(provider, prompt)
    usage = {**counted, "output_tokens": 0}
    return replace(call, usage=usage, exactness=Exactness.ESTIMATED, estimated_by=how)


async def _prompt_of(provider: Provider, prompt: Prompt) -> tuple[dict[str, Any], Any]:
    """The input side of a usage object, and what it rests on."""
    sent = await _count(provider, prompt.model, _with_system(prompt))
    how = EstimatedBy.PROMPT_COUNTED if sent.by_api else EstimatedBy.PROMPT_LENGTH
    return {"input_tokens": sent.tokens}, how


async def size_of(provider: Provider, prompt: Prompt) -> Size:
    """How much a call asks for, counted by the API; where that fails, rather too much than too little."""
    sent = await _count(provider, prompt.model, _with_system(prompt), _BYTES_PER_TOKEN_AT_LEAST)
    return Size.counted(sent.tokens, prompt.max_tokens)


def _searches(reply: Reply) -> dict[str, Any]:
    """Searches have a fee each, and the API tells their number only at the end of the stream."""
    calls = [block for block in reply.blocks_of_call if block.kind == "server_tool_use"]
    told = Usage.of_tools(reply.usage).web_searches
    seen = max(sum(block.start.get("name") == "web_search" for block in calls), told)
    return {"server_tool_use": {"web_search_requests": seen}} if seen else {}


async def _tokens_of(provider: Provider, model: str, text: str) -> Counted:
    said: list[Json] = [{"role": "user", "content": text}]
    whole, overhead = await asyncio.gather(
        _count(provider, model, said), _count(provider, model, [{"role": "user", "content": _ONE_WORD}])
    )
    if whole.by_api and overhead.by_api:
        return Counted(max(whole.tokens - overhead.tokens + 1, 1), by_api=True)
    # What is left of one count without the other is neither.
    return Counted(max(_by_length(said), 1), by_api=False)


async def _count(
    provider: Provider, model: str, messages: Sequence[Json], bytes_per_token: int = _BYTES_PER_TOKEN
) -> Counted:
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            return Counted(await provider.count_tokens(model, messages), by_api=True)
    except (ProviderError, TimeoutError) as error:
        logger.warning("Tokens were estimated from the length of the text: count_tokens failed (%r).", error)
        return Counted(_by_length(messages, bytes_per_token), by_api=False)


def _by_length(messages: Sequence[Json], bytes_per_token: int = _BYTES_PER_TOKEN) -> int:
    return sum(len(str(message["content"]).encode()) for message in messages) // bytes_per_token


def _with_system(prompt: Prompt) -> list[Json]:
    system: list[Json] = [{"role": "user", "content": prompt.system}] if prompt.system else []
    return [*system, *prompt.messages]
