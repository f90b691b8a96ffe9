"""Claude over the Messages API, through the SDK on its aiohttp transport."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, cast
from urllib.parse import urlsplit

import anthropic
import httpx2

from chat.engine.errors import BadAnswer, CutOff
from chat.engine.events import Ended, Event, Json
from chat.engine.provider import Prompt
from chat.engine.usage import LARGEST
from chat.providers.faults import RAISED, fault_of, fault_of_event
from chat.providers.frames import Frame, Frames
from chat.providers.pace import LONGEST_PAUSE, Connection, Pace
from chat.providers.translate import Translator, joined

MAX_CONNECTIONS = 1000
KEEP_ALIVE_SECONDS = 60
DRAIN_SECONDS = LONGEST_PAUSE + 0.05


Response = anthropic.AsyncAPIResponse[Any]
Pieces = AsyncGenerator[bytes]


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
        self._pace = Pace()
        self._create = self._client.messages.with_streaming_response.create

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
        """Make one call; see the port."""
        request_id: str | None = None
        try:
            async with self._create(**_request(prompt), stream=True) as response:
                request_id = response.headers.get("request-id", "")
                translator, frames = Translator(request_id), Frames()
                async with self._pieces(response) as pieces:
                    async for piece in pieces:
                        for event in joined(self._events(frames.feed(piece), translator, request_id)):
                            if isinstance(event, Ended):
                                await _drain(pieces)
                                yield event
                                return
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
        if type(tokens) is not int or not 0 <= tokens <= LARGEST:
            raise BadAnswer("The answer to count_tokens holds no input_tokens.")
        return tokens

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    @asynccontextmanager
    async def _pieces(self, response: Response) -> AsyncGenerator[Pieces]:
        """The body of a stream as it arrives; ValueError, with what came instead, for any other body."""
        body = response.http_response
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            async with aclosing(body.aiter_bytes()) as pieces:
                opening = await anext(pieces, b"")
            raise ValueError(opening.decode(errors="replace") or "An empty body.")
        async with aclosing(self._pace.read(body.aiter_bytes(), lambda: connection_of(body))) as pieces:
            yield pieces

    def _events(self, frames: Iterable[Frame], translator: Translator, request_id: str) -> Iterator[Event]:
        for frame in frames:
            match frame.event:
                case "ping":
                    continue
                case "error":
                    raise fault_of_event(frame.data, secret=self._api_key, request_id=request_id)
                case "message_stop":
                    yield translator.end()
                case name:
                    yield from translator.events(name, frame.data)


def connection_of(body: httpx2.Response) -> Connection | None:
    """What a response arrives on, which httpx2 and the SDK keep to themselves; ``None`` when all of it has."""
    response = getattr(getattr(body.stream, "_stream", None), "_aiohttp_response", None)
    connection = getattr(response, "connection", None)
    return connection and connection.protocol


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


async def _drain(pieces: Pieces) -> None:
    """Read what follows message_stop (the end of the body, as a rule), so that the connection can be used again."""
    with suppress(TimeoutError, *RAISED):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in pieces:
                pass


def _is_here(base_url: str) -> bool:
    return urlsplit(base_url).hostname in {"127.0.0.1", "::1", "localhost"}
