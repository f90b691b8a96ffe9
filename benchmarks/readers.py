"""Who reads a streamed answer: over the websocket, over Server-Sent Events, or at the simulator itself.

While an answer runs, a reader only notes what arrived and when; it is taken apart afterwards, so that the measuring
process stays out of the way of what it measures.
"""

import json
from contextlib import suppress
from time import monotonic_ns
from typing import Protocol, Self
from uuid import uuid4

import aiohttp

MODEL = "claude-sonnet-5-5"
MAX_TOKENS = 32_000
SILENCE_SECONDS = 15
ENOUGH = 16_384  # characters until a reader says that they have come, as the page does

Arrival = tuple[int, str]
"""The moment (`monotonic_ns`) and the text of one frame of an answer."""


class Reader(Protocol):
    """One reader with one connection or none; use it as an async context manager."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...

    async def answer(self, question: str) -> list[Arrival]:
        """Ask, and note what arrives until the answer is over."""
        ...


class Connection:
    """A websocket that says how much has come, as the page does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.send = socket.send_json
        self.close = socket.close
        self._socket = socket
        self._frames = self._unsaid = 0

    async def receive(self, patience: float | None = None) -> str:
        """The next frame; RuntimeError when there will be none, TimeoutError when there is none for so many seconds."""
        message = await self._socket.receive(patience)
        if message.type != aiohttp.WSMsgType.TEXT:
            raise RuntimeError(f"The socket was closed: {self._socket.close_code}.")
        self._frames += 1
        self._unsaid += len(message.data)
        if self._unsaid >= ENOUGH:
            self._unsaid = 0
            await self.send({"type": "ack", "frames": self._frames})
        return str(message.data)

    async def ask(self, text: str) -> None:
        """Send a question that begins a conversation."""
        await self.send({"type": "send", "key": str(uuid4()), "conversation": None, "parent": None, "text": text})


class Socket:
    """A tab of this service: one websocket, with a session of its own."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url = url
        self._http = aiohttp.ClientSession(headers={"Origin": url, "Cookie": cookie})

    async def __aenter__(self) -> Self:
        self._connection = Connection(await self._http.ws_connect(f"{self._url}/ws/chat/"))
        await self._connection.receive()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
        await self._http.close()

    async def answer(self, question: str) -> list[Arrival]:
        await self._connection.ask(question)
        frames: list[Arrival] = []
        while not frames or not frames[-1][1].startswith(('{"type":"ended"', '{"type":"refused"')):
            frame = await self._connection.receive()
            frames.append((monotonic_ns(), frame))
        return deltas(frames)


class PatientSocket(Socket):
    """A socket on a server that may lose the end of an answer: silence is one, too."""

    async def answer(self, question: str) -> list[Arrival]:
        await self._connection.ask(question)
        frames: list[Arrival] = []
        with suppress(TimeoutError):
            while not frames or not frames[-1][1].startswith('{"type":"ended"'):
                frame = await self._connection.receive(SILENCE_SECONDS)
                frames.append((monotonic_ns(), frame))
        return [(at, json.loads(frame)["text"]) for at, frame in frames if frame.startswith('{"type":"delta"')]


class Events:
    """A browser at the bare endpoint: one request, answered by Server-Sent Events."""

    def __init__(self, url: str, path: str = "/chat", headers: dict[str, str] | None = None) -> None:
        self._url = f"{url}{path}"
        self._headers = headers or {}

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def answer(self, question: str) -> list[Arrival]:
        async with self._http.post(self._url, json=self.request(question)) as response:
            response.raise_for_status()
            chunks = [(monotonic_ns(), chunk) async for chunk in response.content.iter_any()]
        return [(at, self.text(data)) for at, data in frames_of(chunks)]

    def request(self, question: str) -> dict[str, object]:
        """The body that asks."""
        return {"model": MODEL, "max_tokens": MAX_TOKENS, "text": question}

    def text(self, data: str) -> str:
        """The piece of text in a frame."""
        return str(json.loads(data.removeprefix("data: ")))


class Upstream(Events):
    """Nothing in between: the simulator's own stream. What is late here is the measuring."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "/v1/messages", {"Authorization": "Bearer any", "anthropic-version": "2026-10-21"})

    def request(self, question: str) -> dict[str, object]:
        messages = [{"role": "user", "content": question}]
        return {"model": MODEL, "max_tokens": MAX_TOKENS, "messages": messages, "stream": True}

    def text(self, data: str) -> str:
        event = json.loads(data.partition("\ndata: ")[2])
        return event["delta"].get("text", "") if event["type"] == "content_block_delta" else ""


def deltas(frames: list[Arrival]) -> list[Arrival]:
    """The pieces of text among the frames of a websocket; RuntimeError for an answer that did not come to its end."""
    last = json.loads(frames[-1][1])
    if last.get("state") != "complete":
        raise RuntimeError(f"The answer failed: {last}")
    return [(at, json.loads(frame)["text"]) for at, frame in frames if frame.startswith('{"type":"delta"')]


def frames_of(chunks: list[tuple[int, bytes]]) -> list[Arrival]:
    """Server-Sent Events, each with the moment at which its last byte arrived."""
    found: list[Arrival] = []
    rest = b""
    for at, chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        found += [(at, frame.decode()) for frame in whole]
    return found
