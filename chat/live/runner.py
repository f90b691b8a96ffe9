"""The runner: owns the turns that this process answers, saves them once a second, and ends those of dead processes.

With ``CHAT_RUNNER=worker`` a web process answers nothing itself: it rings for the workers and watches what they write.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django import db
from django.conf import settings
from django.utils import timezone

from chat import prompts, turns
from chat.engine.errors import InternalFault, Refused
from chat.engine.events import Outcome
from chat.engine.reply import plain_text
from chat.live.announce import announce
from chat.live.answering import Answering
from chat.live.kept import ending_of
from chat.live.line import WORKERS, address_of
from chat.live.process import own_name
from chat.live.reaper import reap
from chat.live.relay import Relay
from chat.live.threads import close_threads, in_thread, until_done
from chat.live.titles import give_title
from chat.live.turn import LiveTurn, deleted_frame
from chat.providers import aclose_provider, get_provider
from chat.turns import Begun

logger = logging.getLogger(__name__)

SAVE_SECONDS = 1
CLOSE_SECONDS = 10


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
        self.relay = Relay(self.name, self.turns, self.always)
        self.relay.line.on("stop", lambda message: self.stop(UUID(message["turn"])))

    def start(self) -> None:
        """Begin to hear other processes and to look after orphaned turns; a second call does nothing."""
        if self._started:
            return
        self._started = True
        self.always(self.relay.run())
        if _inline():
            self.always(self.keep_reaping())

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

    def stop(self, turn: UUID, outcome: Outcome = Outcome.STOPPED) -> None:
        """Stop a turn of this process; the durable mark for any other is `turns.request_stop`'s."""
        if answering := self._answering.get(turn):
            answering.stop(outcome)
        elif turn in self.turns:
            self._stopped[turn] = outcome

    @property
    def accepting(self) -> bool:
        """Whether it takes turns; no more once it is being closed."""
        return not self._draining

    async def ring_to_stop(self, turn: UUID, runner: str) -> None:
        """Have the runner of this name stop a turn. If this is lost, it finds the mark in the row within a second."""
        if turn in self.turns:
            self.stop(turn)
        elif runner:
            await self.relay.line.send(address_of(runner), "stop", turn=str(turn))

    async def close(self, drain: float = 0) -> None:
        """Let running turns finish for ``drain`` seconds, then interrupt them, everything kept."""
        self._draining = True
        if self._tasks and drain:
            await asyncio.wait(self._tasks, timeout=drain)
        self._closing = True
        for turn in list(self.turns):
            self.stop(turn, Outcome.INTERRUPTED)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for task in self._always:
            task.cancel()
        await asyncio.gather(*self._always, return_exceptions=True)
        await aclose_provider()
        await asyncio.to_thread(close_threads)

    def take(self, begun: Begun, announced: Awaitable[None] | None = None) -> None:
        """Answer a turn that is claimed for this process; its end is announced after ``announced``."""
        turn = self.turns[begun.turn] = LiveTurn(begun.turn, begun.conversation, begun.owner)
        self._spawn(self._answer(turn, begun, announced))

    async def _begin(self, begin: Callable[..., Begun]) -> Begun:
        begun = await in_thread(self._begun)(begin)
        if begun.new:
            announced = self._spawn(_announce_start(begun))
            if _inline():
                self.take(begun, announced)
            else:
                await self.relay.line.send(WORKERS, "start", turn=str(begun.turn))
        return begun

    def _begun(self, begin: Callable[..., Begun]) -> Begun:
        if not _inline():
            return begin()
        begun = begin(runner=self.name)
        if begun.new:
            turns.claim(begun.turn, self.name)
        return begun

    async def _answer(self, turn: LiveTurn, begun: Begun, announced: Awaitable[None] | None) -> None:
        try:
            await self._make(turn)
            frame = await until_done(ending_of, turn.id)
        except Exception:
            logger.exception("Turn %s could not be ended here; the reaper will end it.", turn.key)
            return
        finally:
            # Also where `close` cancels this: then nobody is told of an end, for the turn is open until it is reaped.
            self.turns.pop(turn.id, None)
            self._stopped.pop(turn.id, None)
        turn.end(frame or deleted_frame(turn))
        if announced:
            await announced
        await announce(begun.owner, _conversation_frame(begun, running=False))
        answer = plain_text(turn.reply.content())
        if begun.untitled and answer and frame and not self._closing:
            await give_title(await get_provider(), begun, answer)

    async def _make(self, turn: LiveTurn) -> None:
        try:
            provider = await get_provider()
            prompt = await in_thread(prompts.prompt_of)(turn.id)
            answering = self._answering[turn.id] = Answering(turn, provider, prompt)
            if outcome := self._stopped.get(turn.id):
                answering.stop(outcome)
            self._save_regularly()
            await answering.run()
        except Exception:
            logger.exception("Turn %s failed inside.", turn.key)
            answered = self._answering.get(turn.id)
            snapshot = answered.snapshot() if answered else turns.Snapshot(turn.id)
            await until_done(turns.end, snapshot, Outcome.FAILED, error_code=InternalFault.code)
        finally:
            self._answering.pop(turn.id, None)

    def _save_regularly(self) -> None:
        if self._saver is None or self._saver.done():
            self._saver = self._spawn(self._keep_saving())

    async def _keep_saving(self) -> None:
        while self._answering:
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
        lost = await in_thread(turns.save)(self.name, list(self._answering), list(grown.values()))
        for answering, snapshot in grown.items():
            answering.saved(snapshot)
        for turn in lost:
            self.stop(turn)

    def _stop_detached(self) -> None:
        patience = settings.CHAT_DETACHED_SECONDS
        if patience is None:
            return
        now = asyncio.get_running_loop().time()
        for turn in self.turns.values():
            if turn.unwatched_since is not None and now - turn.unwatched_since >= patience:
                self.stop(turn.id)

    async def keep_reaping(self) -> None:
        """End the turns of processes that are gone, until cancelled."""
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


def _inline() -> bool:
    return settings.CHAT_RUNNER == "inline"


async def _announce_start(begun: Begun) -> None:
    await announce(begun.owner, _turn_frame(begun))
    await announce(begun.owner, _conversation_frame(begun, running=True))


def _turn_frame(begun: Begun) -> dict[str, Any]:
    return {
        "type": "turn",
        "conversation": str(begun.conversation),
        "turn": str(begun.turn),
        "message": str(begun.question),
        "parent": begun.parent and str(begun.parent),
        "text": begun.text,
        "model": begun.model,
        "regenerated": begun.regenerated,
    }


def _conversation_frame(begun: Begun, *, running: bool) -> dict[str, Any]:
    frame = {"type": "conversation", "conversation": str(begun.conversation), "running": running}
    if running:
        frame |= {"title": begun.title, "archived": False}
    return {**frame, "updated": timezone.now().isoformat(timespec="seconds")}
