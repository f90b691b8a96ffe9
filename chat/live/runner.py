"""The runner: owns the turns that this process answers, saves them once a second, and ends those of dead processes."""

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
from chat.engine.provider import Prompt
from chat.engine.reply import plain_text
from chat.live.announce import announce
from chat.live.answering import Answering
from chat.live.kept import ending_of
from chat.live.process import own_name
from chat.live.reaper import reap
from chat.live.threads import close_threads, in_thread, until_done
from chat.live.titles import give_title
from chat.live.turn import LiveTurn
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
        self._saver: asyncio.Task[None] | None = None
        self._reaper: asyncio.Task[None] | None = None
        self._draining = self._closing = False

    def start(self) -> None:
        """Begin to look after orphaned turns; a second call does nothing."""
        if self._reaper is None:
            self._reaper = self._spawn(self._keep_reaping())

    async def begin(self, begin: Callable[[], Begun]) -> Begun:
        """Run ``begin`` (of `turns`) in a thread and answer what it took. Raises what ``begin`` raises.

        The caller may be cancelled in between; a turn that was taken is answered all the same.
        """
        if self._draining:
            raise Refused("unavailable", "The service is being restarted. Your message is kept here.", retry_after=2)
        return await asyncio.shield(self._spawn(self._begin(begin)))

    def open_turns(self, conversation: UUID) -> list[LiveTurn]:
        """The turns of a conversation that are being answered here."""
        return [turn for turn in self.turns.values() if turn.conversation == conversation]

    def stop(self, turn: UUID, outcome: Outcome = Outcome.STOPPED) -> None:
        """Stop a turn of this process; the durable mark for any other is `turns.request_stop`'s."""
        if answering := self._answering.get(turn):
            answering.stop(outcome)
        elif turn in self.turns:
            self._stopped[turn] = outcome

    async def close(self, drain: float = 0) -> None:
        """Let running turns finish for ``drain`` seconds, then interrupt them, everything kept."""
        self._draining = True
        if self._reaper:
            self._reaper.cancel()
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
        await aclose_provider()
        await asyncio.to_thread(close_threads)

    async def _begin(self, begin: Callable[[], Begun]) -> Begun:
        begun = await in_thread(begin)()
        if begun.new:
            turn = self.turns[begun.turn] = LiveTurn(begun)
            self._spawn(self._answer(turn, announced=self._spawn(_announce_start(begun))))
        return begun

    async def _answer(self, turn: LiveTurn, announced: Awaitable[None]) -> None:
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
        turn.end(frame or _deleted_frame(turn))
        await announced
        await announce(turn.begun.owner, _conversation_frame(turn.begun, running=False))
        if frame and not self._closing:
            await self._entitle(turn)

    async def _make(self, turn: LiveTurn) -> None:
        try:
            provider = await get_provider()
            prompt = await in_thread(self._claim)(turn.id)
            answering = self._answering[turn.id] = Answering(turn, provider, prompt)
            if outcome := self._stopped.get(turn.id):
                answering.stop(outcome)
            self._save_regularly()
            await answering.run()
        except Exception:
            logger.exception("Turn %s failed inside.", turn.key)
            begun = self._answering.get(turn.id)
            snapshot = begun.snapshot() if begun else turns.Snapshot(turn.id)
            await until_done(turns.end, snapshot, Outcome.FAILED, error_code=InternalFault.code)
        finally:
            self._answering.pop(turn.id, None)

    async def _entitle(self, turn: LiveTurn) -> None:
        answer = plain_text(turn.reply.content())
        if turn.begun.untitled and answer:
            await give_title(await get_provider(), turn.begun, answer)

    def _claim(self, turn: UUID) -> Prompt:
        prompt = prompts.prompt_of(turn)
        if not turns.claim(turn, self.name):
            raise RuntimeError(f"Turn {turn} was claimed by another runner.")
        return prompt

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

    async def _keep_reaping(self) -> None:
        while True:
            try:
                await reap(await get_provider(), spare=self.turns)
            except db.Error as error:
                logger.warning("Orphaned answers could not be looked for (%s).", error)
            except Exception:
                logger.exception("Orphaned answers could not be ended; it is tried again.")
            await asyncio.sleep(settings.CHAT_REAP_SECONDS / 2)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        # A fresh context: a task must not lean on the request or socket that happened to start it.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


_runners: WeakKeyDictionary[asyncio.AbstractEventLoop, Runner] = WeakKeyDictionary()


def current_runner() -> Runner:
    """The runner of the running event loop, made when it is first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _runners:
        _runners[loop] = Runner()
    return _runners[loop]


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


def _deleted_frame(turn: LiveTurn) -> dict[str, Any]:
    """The end of a turn whose conversation was deleted meanwhile."""
    return {"type": "ended", "turn": turn.key, "conversation": str(turn.conversation), "state": "stopped"}
