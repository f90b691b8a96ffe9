"""Turns of other processes that somebody here watches: each a copy that grows by the pieces that arrive.

A consumer cannot tell a mirror from a turn of its own process. What is lost on the way is asked for; while the other
process is silent the database is asked, once a second, whether the turn is over.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from chat.engine.excerpt import Gap, excerpt, reaches
from chat.engine.reply import Cursor, Reply
from chat.live.kept import ending_of
from chat.live.line import Line, Message, address_of
from chat.live.threads import in_thread
from chat.live.turn import LiveTurn, deleted_frame
from chat.models import Message as Row

RENEW_SECONDS = 10
LINGER_SECONDS = 10
SILENT_SECONDS = 3
LOOK_SECONDS = 1
ASK_AGAIN_SECONDS = 0.2


class Mirror(LiveTurn):
    """A turn that the process at ``address`` answers; empty while nobody has claimed it yet."""

    def __init__(self, turn: UUID, conversation: UUID, owner: int, address: str) -> None:
        super().__init__(turn, conversation, owner)
        self.address = address
        self.asked = self.heard = float("-inf")


class Mirrors:
    """The mirrors of this process."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._mirrors: dict[UUID, Mirror] = {}
        self._clock = asyncio.get_running_loop().time
        self._renewed = self._looked = self._clock()
        self._wanted: set[Mirror] = set()
        self._wake = asyncio.Event()
        line.on("pieces", self._take_pieces)
        line.on("pulse", self._take_pulse)
        line.on("gone", self._take_gone)
        line.on("claimed", self._take_claimed)

    async def find(self, turn: UUID) -> LiveTurn | None:
        """The mirror of a turn that another process answers or will answer; ``None`` where there is no such turn."""
        if turn not in self._mirrors:
            row = await in_thread(_open_turn)(turn)
            if row is None:
                return None
            conversation, owner, runner = row
            mirror = Mirror(turn, conversation, owner, address_of(runner) if runner else "")
            self._mirrors.setdefault(turn, mirror)
            self._ask(mirror)
        return self._mirrors.get(turn)

    async def run(self) -> None:
        """Ask for what is missing, and look after the mirrors once a second, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS if self._wanted else LOOK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            await self._send_asks()
            if self._clock() - self._looked >= LOOK_SECONDS:
                self._looked = self._clock()
                await self._look_after()

    def _take_pieces(self, message: Message) -> None:
        for key, (new, status, ended) in message["turns"].items():
            mirror = self._heard(key)
            if mirror is None:
                continue
            try:
                mirror.grow(new)
            except Gap:
                self._ask(mirror)
                continue
            if status:
                mirror.tell(status)
            if ended:
                self._end(mirror, ended)

    def _take_pulse(self, message: Message) -> None:
        for key, cursor in message["turns"].items():
            mirror = self._heard(key)
            if mirror and not reaches(mirror.reply.end, Cursor(*cursor)):
                self._ask(mirror)

    def _take_gone(self, message: Message) -> None:
        for mirror in self._known(message["turns"]):
            mirror.heard = float("-inf")
        self._looked = float("-inf")
        self._wake.set()

    def _take_claimed(self, message: Message) -> None:
        for mirror in self._known([message["turn"]]):
            mirror.address = message["from"]
            self._ask(mirror)

    def _heard(self, key: str) -> Mirror | None:
        mirror = self._mirrors.get(UUID(key))
        if mirror:
            mirror.heard = self._clock()
        return mirror

    def _known(self, keys: Iterable[str]) -> list[Mirror]:
        return [mirror for key in keys if (mirror := self._mirrors.get(UUID(key)))]

    def _ask(self, mirror: Mirror) -> None:
        self._wanted.add(mirror)
        self._wake.set()

    async def _send_asks(self) -> None:
        now = self._clock()
        due = {mirror for mirror in self._wanted if now - mirror.asked >= ASK_AGAIN_SECONDS}
        self._wanted -= due
        watch: defaultdict[str, dict[str, Cursor]] = defaultdict(dict)
        for mirror in due:
            if mirror.address and not mirror.ended:
                mirror.asked = now
                watch[mirror.address][mirror.key] = mirror.reply.end
        for address, turns in watch.items():
            await self._line.send(address, "watch", turns=turns)

    async def _look_after(self) -> None:
        now = self._clock()
        await self._drop(
            [
                mirror
                for mirror in self._mirrors.values()
                if mirror.unwatched_since is not None and now - mirror.unwatched_since > LINGER_SECONDS
            ]
        )
        if now - self._renewed >= RENEW_SECONDS:
            self._renewed = now
            self._wanted.update(self._mirrors.values())
        silent = [mirror for mirror in self._mirrors.values() if now - mirror.heard > SILENT_SECONDS]
        if silent:
            with suppress(DatabaseError):
                await self._ask_database(silent)

    async def _drop(self, unwatched: Collection[Mirror]) -> None:
        left: defaultdict[str, list[str]] = defaultdict(list)
        for mirror in unwatched:
            del self._mirrors[mirror.id]
            left[mirror.address].append(mirror.key)
        for address, keys in left.items():
            if address:
                await self._line.send(address, "unwatch", turns=keys)

    async def _ask_database(self, silent: Collection[Mirror]) -> None:
        runners = await in_thread(_runners_of)([mirror.id for mirror in silent])
        for mirror in silent:
            runner = runners.get(mirror.id)
            if runner is None:
                content, ended = await in_thread(_kept)(mirror.id)
                with suppress(Gap):
                    mirror.grow(excerpt(Reply.of(content), mirror.reply.end))
                self._end(mirror, ended or deleted_frame(mirror))
            elif runner and address_of(runner) != mirror.address:
                mirror.address = address_of(runner)
                self._ask(mirror)

    def _end(self, mirror: Mirror, frame: dict[str, Any]) -> None:
        self._mirrors.pop(mirror.id, None)
        mirror.end(frame)


def _open_turn(turn: UUID) -> tuple[UUID, int, str] | None:
    rows = Row.objects.open().filter(pk=turn).values_list("conversation", "conversation__owner", "runner")
    return rows.first()


def _runners_of(turns: Collection[UUID]) -> dict[UUID, str]:
    """The runners of those that are not over; empty for those nobody has claimed."""
    return dict(Row.objects.open().filter(pk__in=turns).values_list("pk", "runner"))


def _kept(turn: UUID) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    row = Row.objects.filter(pk=turn).first()
    return (row.content if row else []), ending_of(turn)
