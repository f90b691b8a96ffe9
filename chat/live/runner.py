"""The runner: owns the turns that this process answers, saves them once a second, and ends those of dead processes.

With ``CHAT_RUNNER=worker`` a web process answers nothing itself: it rings for the workers and watches what they write.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django import db
from django.conf import settings

from chat import prompts, turns
from chat.engine.errors import InternalFault, Refused
from chat.engine.events import Outcome
from chat.engine.reply import plain_text
from chat.ledger import UncountedQuestion
from chat.live.announce import announce_end, announce_start
from chat.live.answering import Answering
from chat.live.estimate import size_of
from chat.live.kept import ending_of
from chat.live.line import EVERYBODY, WORKERS, address_of
from chat.live.process import own_name
from chat.live.reaper import reap
from chat.live.relay import Relay
from chat.live.threads import close_threads, in_thread, until_done
from chat.live.titles import give_title
from chat.live.turn import LiveTurn, deleted_frame
from chat.models import Message
from chat.providers import aclose_provider, get_provider
from chat.turns import Begun

logger = logging.getLogger(__name__)

Farewell = Callable[[], Awaitable[object]]
"""Tells somebody who is connected to this process that it goes."""

SAVE_SECONDS = 1
CLOSE_SECONDS = 10
LEAST_DETACHED_SECONDS = 2  # a page that is loaded again, or a tab on another process, needs a moment to come


class Runner:
    """The turns of this process, on one event loop. `current_runner` gives the one of the running loop."""

    def __init__(self) -> None:
        self.name = own_name()
        self.turns: dict[UUID, LiveTurn] = {}
        self._answering: dict[UUID, Answering] = {}
        self._stopped: dict[UUID, Outcome] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._always: set[asyncio.Task[Any]] = set()
        self._saver: asyncio.Task[None] | None = None
        self._started = self._draining = self._closing = False
        self.farewells: set[Farewell] = set()
        self.relay = Relay(self.name, self.turns, self.always)
        self.relay.line.on("stop", lambda message: self.stop(UUID(message["turn"])))

    def start(self) -> None:
        """Begin to hear other processes and to look after orphaned turns; a second call does nothing."""
        if not self._started:
            self._started = True
            self.always(self.relay.run())
            self.always(self._keep_reaping())

    def always(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do this until the runner is closed."""
        self._spawn(work, self._always)

    async def begin(self, begin: Callable[..., Begun]) -> Begun:
        """Run ``begin`` (of `turns`) in a thread, and see to it that what it took is answered. Raises what it raises.

        The caller may be cancelled in between; a turn that was taken is answered all the same.
        """
        if not self.accepting:
            raise Refused("unavailable", "The service is being restarted. Your message is kept here.", retry_after=2)
        return await asyncio.shield(self._spawn(self._begin(begin)))

    async def claim(self, turn: UUID, watcher: str = "") -> None:
        """Answer a queued turn, unless somebody else does. The process at the address ``watcher`` is sent it at once.

        The caller may be cancelled in between, as with ``begin``.
        """
        await asyncio.shield(self._spawn(self._claim(turn, watcher)))

    def stop(self, turn: UUID, outcome: Outcome = Outcome.STOPPED) -> None:
        """Stop a turn of this process."""
        if answering := self._answering.get(turn):
            answering.stop(outcome)
        elif turn in self.turns:
            self._stopped[turn] = outcome

    def hurry_stop(self, turn: Message) -> None:
        """After `turns.request_stop`: have it obeyed now, and not when the runner next looks for marks, in a second."""
        if turn.pk in self.turns:
            self.stop(turn.pk)
        elif turn.is_open:
            self._spawn(self.relay.line.send(address_of(turn.runner), "stop", turn=str(turn.pk)))
        else:
            self.relay.mirrors.doubt(turn.pk)
            self._spawn(announce_end(turn.conversation.owner_id, turn.conversation_id))

    @property
    def accepting(self) -> bool:
        """Whether it takes turns; no more once it is being closed."""
        return not self._draining

    async def close(self, drain: float = 0) -> None:
        """Let running turns finish for ``drain`` seconds, then interrupt them, everything kept; and say good-bye."""
        self._draining = True
        await self._finish(drain)
        self._closing = True
        for turn in list(self.turns):
            self.stop(turn, Outcome.INTERRUPTED)
        await self._finish(CLOSE_SECONDS)
        await _cancelled(self._tasks)
        await asyncio.gather(*(farewell() for farewell in self.farewells), return_exceptions=True)
        await self.relay.peers.settle()
        await _cancelled(self._always)
        await aclose_provider()
        await asyncio.to_thread(close_threads)

    async def _finish(self, seconds: float) -> None:
        """Wait for what is being done and for what comes of it, but no longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    async def _begin(self, begin: Callable[..., Begun]) -> Begun:
        inline = settings.CHAT_RUNNER == "inline"
        begin = partial(begin, runner=self.name if inline else "")
        try:
            begun = await in_thread(begin)()
        except UncountedQuestion as uncounted:
            begun = await in_thread(begin)(size=await size_of(await get_provider(), uncounted.prompt))
        if begun.new:
            announced = self._spawn(announce_start(begun))
            if inline:
                self._take(begun, announced)
            else:
                self.relay.mirrors.add(LiveTurn(begun.turn, begun.conversation, begun.owner))
                self._spawn(self.relay.line.send(WORKERS, "start", turn=str(begun.turn)))
        return begun

    async def _claim(self, turn: UUID, watcher: str) -> None:
        if begun := await in_thread(self._claimed)(turn):
            taken = self._take(begun)
            if watcher:
                self.relay.peers.watch(watcher, taken)
            await self.relay.line.send(EVERYBODY, "claimed", turn=str(turn), sent_to=watcher)

    def _claimed(self, turn: UUID) -> Begun | None:
        # Claimed last: what fails before that leaves it to others.
        begun = turns.begun_of(turn)
        return begun if begun and turns.claim(turn, self.name) else None

    def _take(self, begun: Begun, announced: Awaitable[None] | None = None) -> LiveTurn:
        """Answer a turn that is claimed for this process; its end is announced after ``announced``."""
        watched = self.relay.mirrors.pop(begun.turn)
        turn = self.turns[begun.turn] = watched or LiveTurn(begun.turn, begun.conversation, begun.owner)
        self._save_regularly()
        if self._closing:
            self.stop(turn.id, Outcome.INTERRUPTED)
        self._spawn(self._answer(turn, begun, announced))
        return turn

    async def _answer(self, turn: LiveTurn, begun: Begun, announced: Awaitable[None] | None) -> None:
        try:
            await self._make(turn)
            frame = await until_done(ending_of, turn.id)
        except Exception:
            logger.exception("Turn %s could not be ended here; the reaper will end it.", turn.key)
            self.relay.mirrors.add(turn)
            return
        finally:
            # Also where `close` cancels this: then nobody is told of an end, for the turn is open until it is reaped.
            self.turns.pop(turn.id, None)
            self._stopped.pop(turn.id, None)
        turn.end(frame or deleted_frame(turn))
        if announced:
            await announced
        answer = plain_text(turn.reply.content()) if begun.untitled else ""
        titled = bool(answer and frame and not self._closing)
        await announce_end(begun.owner, begun.conversation, settled=not titled)
        if titled:
            await give_title(await get_provider(), begun, answer)

    async def _make(self, turn: LiveTurn) -> None:
        try:
            provider = await get_provider()
            prompt = await until_done(prompts.prompt_of, turn.id)
            answering = self._answering[turn.id] = Answering(turn, provider, prompt)
            if outcome := self._stopped.get(turn.id):
                answering.stop(outcome)
            await answering.run()
        except Exception:
            if not await until_done(Message.objects.filter(pk=turn.id).exists):
                return  # deleted before anything was asked
            logger.exception("Turn %s failed inside.", turn.key)
            answered = self._answering.get(turn.id)
            snapshot = answered.snapshot() if answered else turns.Snapshot(turn.id)
            await until_done(turns.end, snapshot, Outcome.FAILED, error_code=InternalFault.code)
        finally:
            self._answering.pop(turn.id, None)

    def _save_regularly(self) -> None:
        if self._saver is None or self._saver.done():
            self._saver = self._spawn(self._keep_saving(), self._always)

    async def _keep_saving(self) -> None:
        # From when a turn is taken: it may wait for a thread or for the database, and that is a sign of life, too.
        while self.turns:
            await asyncio.sleep(SAVE_SECONDS)
            try:
                await self._save()
                self._stop_detached()
            except db.Error as error:
                logger.warning("Running answers could not be saved; it is tried again in a second (%s).", error)
            except Exception:
                logger.exception("Running answers could not be saved; it is tried again in a second.")

    async def _save(self) -> None:
        grown = {answering: snapshot for answering in self._answering.values() if (snapshot := answering.unsaved())}
        lost = await in_thread(turns.save)(self.name, list(self.turns), list(grown.values()))
        for answering, snapshot in grown.items():
            answering.saved(snapshot)
        for turn in lost:
            self.stop(turn)

    def _stop_detached(self) -> None:
        patience = settings.CHAT_DETACHED_SECONDS
        if patience is None:
            return
        longest = max(patience, LEAST_DETACHED_SECONDS)
        now = asyncio.get_running_loop().time()
        for turn in self.turns.values():
            if turn.unwatched_since is not None and now - turn.unwatched_since >= longest:
                self.stop(turn.id)

    async def _keep_reaping(self) -> None:
        while True:
            try:
                await reap(await get_provider(), spare=self.turns)
            except db.Error as error:
                logger.warning("Orphaned answers could not be looked for (%s).", error)
            except Exception:
                logger.exception("Orphaned answers could not be ended; it is tried again.")
            await asyncio.sleep(settings.CHAT_REAP_SECONDS / 2)

    def _spawn(self, work: Coroutine[Any, Any, Any], kept: set[asyncio.Task[Any]] | None = None) -> asyncio.Task[Any]:
        # A fresh context: a task must not lean on the request or socket that happened to start it.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        kept = self._tasks if kept is None else kept
        kept.add(task)
        task.add_done_callback(kept.discard)
        return task


_runners: WeakKeyDictionary[asyncio.AbstractEventLoop, Runner] = WeakKeyDictionary()


def current_runner() -> Runner:
    """The runner of the running event loop, made when it is first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _runners:
        _runners[loop] = Runner()
    return _runners[loop]


async def _cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for them, but not for one that will not end."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    if tasks:
        done, _ = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        await asyncio.gather(*done, return_exceptions=True)
