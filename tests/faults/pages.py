"""A tab that comes back after every loss, as the page does: to any web process, and with its cursors."""

import asyncio
import random
import socket
from contextlib import suppress
from uuid import uuid4

import aiohttp
from django.conf import settings

from tests.tabs import RemoteTab

PAUSE_SECONDS = 0.2
TOKEN = "a" * 32
SECONDS = 60
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


class Page(RemoteTab):
    """One page of a person, on any of ``webs``; or on one of them, as long as ``web`` says so."""

    def __init__(self, webs, session, web=None):
        super().__init__(None, session)
        self.webs, self.web = webs, web
        self.losses = []
        self.wrong = None
        self.watched = set()
        self.turns = {}
        self.ends = {}
        self._answers = {}
        self._up = asyncio.Event()

    async def ask(self, text, *, conversation=None, parent=None):
        """Send a question, again under the same key until the server has taken it; gives ``accepted``."""
        fields = {"key": str(uuid4()), "conversation": conversation, "parent": parent, "text": text}
        return await self._insist("send", **fields)

    async def stop(self, turn):
        """Stop a turn; false where it was over."""
        return (await self._insist("stop", turn=turn))["type"] == "stopping"

    async def delete(self, conversation):
        """Delete a conversation, and ask again until it is gone."""
        cookies = f"{self.headers['Cookie']}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        headers = {"Cookie": cookies, "X-CSRFToken": TOKEN, "X-Requested-With": "fetch"}
        async with asyncio.timeout(SECONDS):
            while await self._post(f"/c/{conversation}/delete/", headers) not in (204, 404):  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_SECONDS)

    async def watch(self, conversation):
        """Be told of a conversation from now on."""
        if conversation not in self.watched:
            await self._insist("watch", conversation=conversation)

    async def ended(self, turn, seconds=SECONDS):
        """The end of a turn."""
        await self.until(lambda: turn in self.ends, f"the end of {turn}", seconds)
        return self.ends[turn]

    async def until(self, condition, what, seconds=SECONDS):
        """Wait until something holds of what has come; ``what`` is said if it does not."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: self.wrong or condition())
        except TimeoutError:
            raise AssertionError(f"Waited for {what}, but {self.frames[-5:]}, losses {self.losses[-5:]}") from None
        if self.wrong:
            raise self.wrong

    def cut(self):
        """Break the connection under the server's hands and ours."""
        if self._up.is_set() and (line := self.socket.get_extra_info("socket")):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    async def _post(self, path, headers):
        """The status of a request to any of the web processes; ``None`` where none comes."""
        address = random.choice(self.webs).url + path
        with suppress(*GONE):
            async with aiohttp.ClientSession() as http, http.post(address, headers=headers) as response:
                return response.status
        return None

    async def _insist(self, type_, **fields):
        """The answer to a command that is sent until there is one. What is unavailable is asked for again."""
        async with asyncio.timeout(SECONDS):
            while True:
                await self._up.wait()
                answer = await self._request(type_, fields)
                if answer and answer.get("code") != "unavailable":
                    assert answer["type"] != "refused" or answer["code"] == "ended", answer
                    return answer
                await asyncio.sleep(PAUSE_SECONDS)

    async def _request(self, type_, fields):
        """The answer to a command, or ``None`` where the connection is lost first."""
        re, losses = str(uuid4()), len(self.losses)
        with suppress(*GONE):
            await self.say(type_, id=re, **fields)
            async with self._news:
                await self._news.wait_for(lambda: re in self._answers or len(self.losses) > losses)
        return self._answers.get(re)

    async def _connect(self):
        while True:
            self.url = self.headers["Origin"] = (self.web or random.choice(self.webs)).url
            with suppress(*GONE):
                await super()._connect()
                break
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1))
        self._came = self._unsaid = 0
        self.closed_with = None

    async def _read(self):
        while True:
            try:
                await super()._read()
            except AssertionError as error:
                self.wrong = error
                return
            except GONE:
                pass
            self._up.clear()
            async with self._news:
                self.losses.append(self.closed_with or 1006)
                self._news.notify_all()
            await self.http.close()
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1))
            await self._connect()

    def _take(self, frame):
        super()._take(frame)
        if "re" in frame:
            self._answers[frame["re"]] = frame
        match frame["type"]:
            case "hello":
                self._up.set()
                self._resuming = asyncio.create_task(self._resume())
            case "accepted":
                self.watched.add(frame["conversation"])
                self.turns[frame["turn"]] = frame["conversation"]
            case "turn" if frame["conversation"] in self.watched:
                self.turns[frame["turn"]] = frame["conversation"]
            case "watching":
                self.watched.add(frame["conversation"])
                self.turns |= dict.fromkeys(frame["turns"], frame["conversation"])
            case "ended":
                assert frame["turn"] not in self.ends, "an end was told twice"
                self.ends[frame["turn"]] = frame

    async def _resume(self):
        """Ask for all that is missing, again where that is unavailable. What comes of it is the reader's."""
        losses = len(self.losses)
        for conversation in list(self.watched):
            while len(self.losses) == losses:
                missing = [turn for turn, its in self.turns.items() if its == conversation and turn not in self.ends]
                cursors = {turn: self.cursor(turn) for turn in missing}
                answer = await self._request("watch", {"conversation": conversation, "cursors": cursors})
                if answer is None or answer.get("code") != "unavailable":
                    break
                await asyncio.sleep(PAUSE_SECONDS)
