"""Claude over the Messages API, through the SDK on its aiohttp transport."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import anthropic
import httpx2

from chat.engine.errors import BadAnswer, CutOff
from chat.engine.events import Event, Json
from chat.engine.provider import Prompt
from chat.providers.faults import RAISED, fault_of, fault_of_event
from chat.providers.pace import LONGEST_PAUSE, Paced
from chat.providers.translate import Translator

MAX_CONNECTIONS = 1000
KEEP_ALIVE_SECONDS = 60
DRAIN_SECONDS = LONGEST_PAUSE + 0.05


class Frame(Protocol):
    """A Server-Sent Event, as the SDK decodes it."""

    @property
    def event(self) -> str | None: ...
    @property
    def data(self) -> str: ...


Response = anthropic.AsyncAPIResponse[Any]
Frames = AsyncGenerator[Frame]


class AnthropicProvider:
    """An `engine.provider.Provider`. ``connect`` and ``idle`` are in seconds; an empty ``base_url`` is the API's own.

    ``idle`` ends only raw silence, for the API's pings count as news here; the watchdog of `engine.generation` is not
    fooled by them.
    """

    def __init__(self, *, api_key: str, base_url: str = "", connect: float = 5, idle: float = 120) -> None:
        self._api_key = api_key
        timeout = httpx2.Timeout(idle, connect=connect, pool=connect)
        # aiohttp's own limit would be 100; its keep-alive is 15 s, the HTTP client's 5 s.
        limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS)
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key,
            base_url=base_url or None,
            timeout=timeout,
            max_retries=0,
            # A proxy of the environment would be asked for loopback addresses, too.
            http_client=anthropic.DefaultAioHttpClient(
                timeout=timeout, limits=limits, trust_env=not _is_here(base_url)
            ),
            open_telemetry=False,
        )
        self._streams = 0
        self._create = self._client.messages.with_streaming_response.create

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
        """Make one call; see the port."""
        request_id: str | None = None
        try:
            async with self._create(**_request(prompt), stream=True) as response:
                request_id = response.headers.get("request-id", "")
                translator = Translator(request_id)
                async with self._frames(response) as frames:
                    async for frame in frames:
                        match frame.event:
                            case "ping":
                                continue
                            case "error":
                                raise fault_of_event(frame.data, secret=self._api_key, request_id=request_id)
                            case "message_stop":
                                await _drain(frames)
                                yield translator.end()
                                return
                            case name:
                                for event in translator.events(name, frame.data):
                                    yield event
                raise CutOff("The stream ended without message_stop.", request_id=request_id)
        except RAISED as error:
            raise fault_of(error, secret=self._api_key, request_id=request_id) from error

    async def count_tokens(self, model: str, messages: Sequence[Json]) -> int:
        """Input tokens of ``messages``; see the port."""
        try:
            counted = await self._client.messages.count_tokens(model=model, messages=cast(Any, messages))
        except RAISED as error:
            raise fault_of(error, secret=self._api_key) from error
        tokens = getattr(counted, "input_tokens", None)  # the SDK does not check what it was sent
        if not isinstance(tokens, int):
            raise BadAnswer("The answer to count_tokens holds no input_tokens.")
        return tokens

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    @asynccontextmanager
    async def _frames(self, response: Response) -> AsyncGenerator[Frames]:
        """The frames of a stream; ValueError, with what came instead, for any other body."""
        body = response.http_response
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            async with aclosing(body.aiter_bytes()) as pieces:
                opening = await anext(pieces, b"")
            raise ValueError(opening.decode(errors="replace") or "An empty body.")
        paced = cast(Any, Paced(body, load=lambda: self._streams))
        self._streams += 1
        try:
            async with aclosing(cast(Frames, anthropic.AsyncStream.raw_events(paced))) as frames:
                yield frames
        finally:
            self._streams -= 1


def _request(prompt: Prompt) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": prompt.model,
        "messages": prompt.messages,
        "max_tokens": prompt.max_tokens,
        "cache_control": {"type": "ephemeral"},
    }
    if prompt.system:
        request["system"] = prompt.system
    if prompt.thinking is not None:
        request["thinking"] = prompt.thinking
    if prompt.effort:
        request["output_config"] = {"effort": prompt.effort}
    if prompt.user:
        request["metadata"] = {"user_id": prompt.user}
    return request


async def _drain(frames: Frames) -> None:
    """Read what follows message_stop (the end of the body, as a rule), so that the connection can be used again."""
    with suppress(TimeoutError, *RAISED):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in frames:
                pass


def _is_here(base_url: str) -> bool:
    return urlsplit(base_url).hostname in {"127.0.0.1", "::1", "localhost"}
