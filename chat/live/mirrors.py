"""Turns of other processes that somebody here watches: each grows here by the pieces that arrive.

A consumer cannot tell a mirrored turn from one of its own process. What is lost on the way is asked for; while the
other process is silent the database is asked, once a second, whether the turn is over.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from django import db

from chat.engine.excerpt import Gap, complete, reaches
from chat.engine.reply import Cursor, Reply
from chat.live.kept import ending_of
from chat.live.line import Line, Message, address_of
from chat.live.threads import in_thread
from chat.live.turn import LiveTurn, deleted_frame
from chat.models import Message as Row

logger = logging.getLogger(__name__)

RENEW_SECONDS = 10
LINGER_SECONDS = 10
SILENT_SECONDS = 3
LOOK_SECONDS = 1
ASK_AGAIN_SECONDS = 0.2


class Mirror:
    """What we know of a turn that the process at ``address`` answers; empty while nobody has claimed it."""

    def __init__(self, turn: LiveTurn, address: str) -> None:
        self.turn = turn
        self.address = address
        self.asked = self.heard = float("-inf")


class Mirrors:
    """The mirrors of this process. Run ``keep_asking`` and ``keep_looking`` as tasks."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._mirrors: dict[UUID, Mirror] = {}
        self._clock = asyncio.get_running_loop().time
        self._renewed = self._clock()
        self._wanted: set[Mirror] = set()
        self._unwanted: defaultdict[str, set[str]] = defaultdict(set)
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._met_unknown = False
        line.on("pieces", self._take_pieces)
        line.on("pulse", self._take_pulse)
        line.on("claimed", self._take_claimed)

    def get(self, turn: UUID) -> LiveTurn | None:
        """A turn that is mirrored here."""
        mirror = self._mirrors.get(turn)
        return mirror.turn if mirror else None

    def add(self, turn: LiveTurn, runner: str = "") -> None:
        """Let a turn grow, and end, as the process of this name (if any has claimed it) answers it."""
        mirror = self._mirrors.setdefault(turn.id, Mirror(turn, address_of(runner) if runner else ""))
        self._ask(mirror)

    def pop(self, turn: UUID) -> LiveTurn | None:
        """Mirror a turn no more: it is answered here from now on."""
        mirror = self._mirrors.pop(turn, None)
        return mirror.turn if mirror else None

    def doubt(self, turn: UUID) -> None:
        """Look into the database now: the turn may be over."""
        if mirror := self._mirrors.get(turn):
            mirror.heard = float("-inf")
            self._look.set()

    async def keep_asking(self) -> None:
        """Ask other processes for what is wanted of them, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS if self._wanted else None):
                    await self._wake.wait()
            self._wake.clear()
            await asyncio.gather(*self._asks(), *self._goodbyes())

    async def keep_looking(self) -> None:
        """Look after the mirrors once a second, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look.wait()
            self._look.clear()
            self._drop_unwatched()
            self._renew()
            try:
                await self._ask_database()
            except db.Error as error:
                logger.debug("Turns of other processes could not be looked up (%s).", error)
            except Exception:
                logger.exception("Turns of other processes could not be looked up; it is tried again in a second.")

    def _take_pieces(self, message: Message) -> None:
        for key, (new, status, ended) in message["turns"].items():
            mirror = self._heard(key, message["from"])
            if mirror is None:
                self._note_unknown(key)
                continue
            try:
                mirror.turn.grow(new)
            except Gap:
                self._ask(mirror)
                continue
            if status:
                mirror.turn.tell(status)
            if ended:
                self._end(mirror, ended)

    def _take_pulse(self, message: Message) -> None:
        sender, turns = message["from"], message["turns"]
        for key, cursor in turns.items():
            mirror = self._heard(key, sender)
            if mirror is None:
                self._leave(sender, key)
            elif not reaches(mirror.turn.reply.end, Cursor(*cursor)):
                self._ask(mirror)
        for mirror in list(self._mirrors.values()):
            if mirror.address == sender and mirror.turn.key not in turns:
                self.doubt(mirror.turn.id)

    def _take_claimed(self, message: Message) -> None:
        if mirror := self._mirrors.get(UUID(message["turn"])):
            mirror.address = message["from"]
            if message["sent_to"] != self._line.address:
                self._ask(mirror)

    def _heard(self, key: str, sender: str) -> Mirror | None:
        mirror = self._mirrors.get(UUID(key))
        if mirror:
            mirror.address, mirror.heard = sender, self._clock()
        return mirror

    def _note_unknown(self, key: str) -> None:
        if not self._met_unknown:
            self._met_unknown = True
            logger.info(
                "Words came of turn %s, which nobody here reads (any more); its process will be told to send no more, "
                "and nothing need be done. It is not said again.",
                key,
            )

    def _ask(self, mirror: Mirror) -> None:
        self._wanted.add(mirror)
        self._wake.set()

    def _leave(self, address: str, key: str) -> None:
        if address:
            self._unwanted[address].add(key)
            self._wake.set()

    def _asks(self) -> list[Any]:
        now = self._clock()
        due = [mirror for mirror in self._wanted if now - mirror.asked >= ASK_AGAIN_SECONDS]
        self._wanted.difference_update(due)
        turns: defaultdict[str, dict[str, Cursor]] = defaultdict(dict)
        for mirror in due:
            elsewhere = mirror.address not in ("", self._line.address)
            if elsewhere and self._mirrors.get(mirror.turn.id) is mirror:
                mirror.asked = now
                turns[mirror.address][mirror.turn.key] = mirror.turn.reply.end
        return [self._line.send(address, "watch", turns=each) for address, each in turns.items()]

    def _goodbyes(self) -> list[Any]:
        unwanted, self._unwanted = self._unwanted, defaultdict(set)
        left = {address: [key for key in keys if UUID(key) not in self._mirrors] for address, keys in unwanted.items()}
        return [self._line.send(address, "unwatch", turns=keys) for address, keys in left.items() if keys]

    def _drop_unwatched(self) -> None:
        now = self._clock()
        for mirror in list(self._mirrors.values()):
            since = mirror.turn.unwatched_since
            if since is not None and now - since > LINGER_SECONDS:
                del self._mirrors[mirror.turn.id]
                self._leave(mirror.address, mirror.turn.key)

    def _renew(self) -> None:
        if self._clock() - self._renewed >= RENEW_SECONDS:
            self._renewed = self._clock()
            for mirror in self._mirrors.values():
                self._ask(mirror)

    async def _ask_database(self) -> None:
        now = self._clock()
        silent = [mirror for mirror in self._mirrors.values() if now - mirror.heard > SILENT_SECONDS]
        if not silent:
            return
        runners = await in_thread(_runners_of)([mirror.turn.id for mirror in silent])
        for mirror in silent:
            runner = runners.get(mirror.turn.id)
            if runner is None:
                await self._end_as_kept(mirror)
            elif runner:
                mirror.address = address_of(runner)
                self._ask(mirror)

    async def _end_as_kept(self, mirror: Mirror) -> None:
        content, ended = await in_thread(_kept)(mirror.turn.id)
        if self._mirrors.get(mirror.turn.id) is mirror:
            complete(mirror.turn.reply, Reply.of(content))
            self._end(mirror, ended or deleted_frame(mirror.turn))

    def _end(self, mirror: Mirror, frame: dict[str, Any]) -> None:
        self._mirrors.pop(mirror.turn.id, None)
        mirror.turn.end(frame)


def _runners_of(turns: Collection[UUID]) -> dict[UUID, str]:
    """The runners of those that are not over; empty for those nobody has claimed."""
    return dict(Row.objects.open().filter(pk__in=turns).values_list("pk", "runner"))


def _kept(turn: UUID) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    row = Row.objects.filter(pk=turn).first()
    return (row.content if row else []), ending_of(turn)
