"""A tab of the page without the page: a websocket on the whole ASGI application, or on a real server."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from uuid import uuid4

import aiohttp
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from chatproject.asgi import application

ORIGIN = "http://localhost"
ENOUGH = 16_384  # characters until a tab says that they have come


def session_of(user):
    """The key of a new session of somebody."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Tab:
    """One open tab: sends commands, remembers every frame, and puts the text of turns together as a page does."""

    def __init__(self, session, origin=ORIGIN):
        self.headers = {"Origin": origin} if origin else {}
        self.headers |= {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
        self.frames = []
        self.texts = defaultdict(lambda: defaultdict(str))
        self._news = asyncio.Condition()
        self._came = self._unsaid = 0
        self.awake = True
        self.closed_with = None

    async def __aenter__(self):
        await self._connect()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        self._reading.cancel()
        await self._leave()
        with suppress(asyncio.CancelledError):
            await self._reading

    async def say(self, type_, **fields):
        """Send a command."""
        await self.send(json.dumps({"type": type_, **fields}))

    async def ask(self, text, *, key=None, conversation=None, parent=None, **fields):
        """Send a question and wait for ``accepted``."""
        command = {"key": str(key or uuid4()), "conversation": conversation, "parent": parent, "text": text, **fields}
        re = str(uuid4())
        await self.say("send", id=re, **command)
        return await self.see("accepted", re=re)

    async def see(self, type_, *, having="type", **fields):
        """The first frame of this type with these fields and ``having`` that one, now or within ten seconds."""
        wanted = {"type": type_, **fields}

        def found():
            return next((each for each in self.frames if having in each and wanted.items() <= each.items()), None)

        try:
            async with asyncio.timeout(10), self._news:
                await self._news.wait_for(found)
        except TimeoutError:
            raise AssertionError(f"No frame {wanted}, only {self.frames[-20:]}") from None
        return found()

    async def closed(self):
        """The code that the socket is closed with, within ten seconds."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.closed_with is not None)
        return self.closed_with

    async def let_in(self):
        """Whether the server greets this tab; it closes it otherwise."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.frames or self.closed_with is not None)
        return bool(self.frames)

    def text(self, turn):
        """The readable text of a turn as it has come."""
        kinds = {frame["index"]: frame["kind"] for frame in self.of("block") if frame["turn"] == turn}
        return "".join(text for index, text in sorted(self.texts[turn].items()) if kinds.get(index, "text") == "text")

    async def read(self, turn, characters):
        """Wait until so much text of a turn has come."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.text(turn)) >= characters)

    def cursor(self, turn):
        """How far this tab has come in a turn."""
        block = max(self.texts[turn], default=0)
        return {"block": block, "offset": len(self.texts[turn][block])}

    def of(self, type_):
        """All frames of a type."""
        return [frame for frame in self.frames if frame["type"] == type_]

    def resume(self, turn, other):
        """Take over what another tab has of a turn."""
        self.texts[turn] = other.texts[turn]
        self.frames += [frame for frame in other.of("block") if frame["turn"] == turn]

    async def send(self, frame):
        """Send a frame as it is: text or bytes."""
        await self.socket.send_to(**{"text_data" if isinstance(frame, str) else "bytes_data": frame})

    async def _connect(self):
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        self.socket = WebsocketCommunicator(application, "/ws/chat/", headers=[(b"host", b"localhost"), *headers])
        connected, _ = await self.socket.connect(timeout=10)
        assert connected

    async def _leave(self):
        if self.closed_with is None:
            await self.socket.disconnect()
        else:
            await self.socket.wait()

    async def _receive(self):
        """The text of the next frame, or the code that the socket was closed with."""
        message = await self.socket.output_queue.get()
        return message["code"] if message["type"] == "websocket.close" else message["text"]

    async def _read(self):
        while self.closed_with is None:
            received = await self._receive()
            async with self._news:
                if isinstance(received, str):
                    self._came += 1
                    self._take(json.loads(received))
                else:
                    self.closed_with = received
                self._news.notify_all()
            if isinstance(received, str) and self.awake:
                await self._acknowledge(len(received))

    async def wake(self):
        """Say that all has come, and go on saying so."""
        self.awake = True
        await self.say("ack", frames=self._came)

    async def _acknowledge(self, characters):
        self._unsaid += characters
        if self._unsaid >= ENOUGH:
            self._unsaid = 0
            await self.say("ack", frames=self._came)

    def _take(self, frame):
        self.frames.append(frame)
        if frame["type"] == "delta":
            blocks = self.texts[frame["turn"]]
            assert frame["offset"] == len(blocks[frame["index"]]), "a piece was lost or repeated"
            blocks[frame["index"]] += frame["text"]


class RemoteTab(Tab):
    """A tab on a server that runs as a process of its own."""

    def __init__(self, url, session):
        super().__init__(session, origin=url)
        self.url = url

    async def send(self, frame):
        await (self.socket.send_str if isinstance(frame, str) else self.socket.send_bytes)(frame)

    async def _connect(self):
        self.http = aiohttp.ClientSession()
        try:
            self.socket = await self.http.ws_connect(f"{self.url}/ws/chat/", headers=self.headers)
        except BaseException:
            await self.http.close()
            raise

    async def _leave(self):
        async with self.http:
            await self.socket.close()

    async def _receive(self):
        message = await self.socket.receive()
        return message.data if message.type == aiohttp.WSMsgType.TEXT else self.socket.close_code or 1006
