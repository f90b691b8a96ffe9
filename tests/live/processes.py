"""Several processes in one: runners with names of their own on one event loop, and a real Redis between them."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from functools import partial
from uuid import uuid4

from chat import turns
from chat.engine.reply import Cursor
from chat.live import runner as runners
from chat.live.line import EVERYBODY, LAYER, WORKERS, Line, send
from chat.live.pump import Pump
from chat.live.runner import Runner
from chat.live.window import Window
from chat.live.worker import Worker
from chat.models import Message


class Wire:
    """What crosses the line between processes, and what is lost of it: all of which ``loses`` says so."""

    def __init__(self, monkeypatch):
        self.sent = []
        self.loses = lambda kind, fields: False
        self.repeats = 1
        self._send = Line.send
        wire = self

        async def send(line, to, kind, **fields):
            return await wire.carry(line, to, kind, fields)

        monkeypatch.setattr(Line, "send", send)

    async def carry(self, line, to, kind, fields):
        self.sent.append((kind, fields))
        if self.loses(kind, fields):
            return True
        return all([await self._send(line, to, kind, **fields) for _ in range(self.repeats)])

    def lose(self, *kinds):
        """Lose all messages of these kinds from now on; of none without any."""
        self.loses = lambda kind, fields: kind in kinds

    def kinds(self):
        """The kinds of all messages that were sent."""
        return {kind for kind, _ in self.sent}


class Processes:
    """Makes runners, each as if it were a process of its own on another machine."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch
        self.all = []

    async def start(self, name, *, concurrency=None, alive=None, hears=True):
        """A process: a web process, or a worker where ``concurrency`` is given. By then it hears the others."""
        with self._monkeypatch.context() as patched:
            patched.setattr(runners, "own_name", lambda: f"{name}:1:1")
            runner = Runner()
        if concurrency:
            runner.always(Worker(runner, concurrency, alive).run())
        heard = asyncio.Event()
        runner.relay.line.on("hello", lambda _: heard.set())
        runner.start()
        self.all.append(runner)
        while hears and not heard.is_set():
            await send(LAYER, WORKERS if concurrency else EVERYBODY, {"type": "hello", "from": "the test"})
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):  # Redis drops what nobody hears yet, and tells nobody
                    await heard.wait()
        return runner

    async def vanish(self, runner):
        """It is gone from one moment to the next, as after a SIGKILL."""
        self.all.remove(runner)
        await runners._cancelled([*runner._always, *runner._tasks])

    def serves(self, runner):
        """Tabs that are opened from now on are tabs of this process."""
        self._monkeypatch.setitem(runners._runners, asyncio.get_running_loop(), runner)

    async def close(self):
        """Close all that are left."""
        for runner in self.all:
            await runner.close()


class Reader:
    """Follows one turn on a process, and puts it together as a page does."""

    def __init__(self, runner, user, turn, cursor=Cursor()):  # noqa: B008
        self.runner, self.user, self.turn, self.cursor = runner, user, turn, cursor
        self.frames = []
        self.texts = defaultdict(str)
        self._news = asyncio.Condition()
        self._starts = {cursor.block: cursor.offset}

    async def __aenter__(self):
        self.pump = Pump(self._put, Window())
        self._pumping = asyncio.create_task(self.pump.run())
        found = await self.runner.relay.find(self.turn, self.user.pk)
        assert found, "There is no such turn."
        self.pump.watch(found, self.cursor)
        return self

    async def __aexit__(self, *_):
        self.pump.close()
        await self._pumping

    @property
    def text(self):
        """The text of all blocks."""
        return "".join(text for _, text in sorted(self.texts.items()))

    async def until(self, condition, seconds=10):
        """Wait until a condition of this reader holds."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: condition(self))
        except TimeoutError:
            raise AssertionError(f"Only {self.frames[-5:]} after {seconds} s") from None

    async def reads(self, characters, seconds=10):
        """Wait until there is so much text."""
        await self.until(lambda self: len(self.text) >= characters, seconds)

    async def ends(self, seconds=10):
        """Wait for the end; gives its frame."""
        await self.until(lambda self: self.of("ended"), seconds)
        return self.of("ended")[0]

    def of(self, type_):
        """All frames of a type."""
        return [frame for frame in self.frames if frame["type"] == type_]

    async def _put(self, encoded):
        frame = json.loads(encoded)
        async with self._news:
            self.frames.append(frame)
            if frame["type"] == "delta":
                begun = self._starts.get(frame["index"], 0)
                assert frame["offset"] == begun + len(self.texts[frame["index"]]), "a piece was lost or repeated"
                self.texts[frame["index"]] += frame["text"]
            self._news.notify_all()


def directed(**directive):
    """A question that directs the simulator."""
    return f"[[sim {json.dumps({'thinking': False, **directive})}]]"


async def begin(runner, user, question):
    """Ask on a process, without any tab."""
    fields = {"key": uuid4(), "conversation": None, "parent": None, "text": question}
    return (await runner.begin(partial(turns.begin, user, **fields))).turn


async def row(turn):
    """What the database has of a turn."""
    return await Message.objects.aget(pk=turn)


async def kept(turn, condition, seconds=10):
    """Wait until the database has a turn in such a condition."""
    async with asyncio.timeout(seconds):
        while not condition(found := await row(turn)):  # noqa: ASYNC110 - a database has no event to wait for
            await asyncio.sleep(0.02)
    return found


async def settled(condition, seconds=10):
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - that is what it is for
            await asyncio.sleep(0.01)
