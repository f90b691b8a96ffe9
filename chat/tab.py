"""A tab that was let in: obeys its person's commands and follows the turns it watches."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from chat import turns, wire
from chat.engine.errors import Refused
from chat.engine.reply import Cursor
from chat.live.kept import missed
from chat.live.pump import Pump
from chat.live.runner import current_runner
from chat.live.threads import in_thread
from chat.models import Conversation, User

MAX_WATCHED = 20


class Tab:
    """One tab of one person; ``put`` sends an encoded frame. Run ``pump.run`` beside it."""

    def __init__(self, user: User, put: Callable[[str], Awaitable[None]]) -> None:
        self.user = user
        self._put = put
        self._watched: set[UUID] = set()
        self._runner = current_runner()
        self.pump = Pump(put)

    async def say(self, frame: Mapping[str, Any]) -> None:
        """Send a frame."""
        await self._put(wire.encode(frame))

    async def obey(self, command: wire.Command) -> None:
        """Do what a command asks. Raises `Refused`."""
        match command:
            case wire.Send() | wire.Regenerate():
                await self._begin(command)
            case wire.Stop():
                await in_thread(turns.request_stop)(self.user, command.turn)
                self._runner.stop(command.turn)
                await self.say(wire.answer("stopping", command.id, turn=str(command.turn)))
            case wire.Watch():
                await self._watch(command)
            case wire.Unwatch():
                self._watched.discard(command.conversation)
                self.pump.unwatch(command.conversation)
            case wire.Ping():
                await self.say(wire.answer("pong", command.id))

    async def hear(self, frame: Mapping[str, Any]) -> None:
        """Pass on a rare event, and follow a turn that began in a conversation that is watched."""
        watched = UUID(frame["conversation"]) in self._watched
        if frame["type"] == "ended" and not watched:
            return
        await self.say(frame)
        if frame["type"] == "turn" and watched:
            await self._follow({UUID(frame["turn"]): Cursor()})

    async def _begin(self, command: wire.Send | wire.Regenerate) -> None:
        fields = command.model_dump(exclude={"type", "id"})
        begin = turns.begin if isinstance(command, wire.Send) else turns.begin_again
        begun = await self._runner.begin(partial(begin, self.user, runner=self._runner.name, **fields))
        ids = {"conversation": begun.conversation, "message": begun.question, "turn": begun.turn}
        await self.say(wire.answer("accepted", command.id, **{name: str(value) for name, value in ids.items()}))
        self._watched.add(begun.conversation)
        await self._follow({begun.turn: Cursor()})

    async def _watch(self, command: wire.Watch) -> None:
        head = await in_thread(self._head)(command.conversation)
        if len(self._watched) >= MAX_WATCHED and command.conversation not in self._watched:
            raise Refused("too_many_watched", f"A socket watches {MAX_WATCHED} chats at most. Unwatch one first.")
        self._watched.add(command.conversation)
        running = [turn.id for turn in self._runner.open_turns(command.conversation)]
        fields = {"conversation": str(command.conversation), "head": head, "turns": [str(turn) for turn in running]}
        await self.say(wire.answer("watching", command.id, **fields))
        cursors = {turn: Cursor(given.block, given.offset) for turn, given in command.cursors.items()}
        await self._follow({**dict.fromkeys(running, Cursor()), **cursors}, again=True)

    def _head(self, key: UUID) -> str | None:
        conversation = Conversation.objects.of(self.user).filter(pk=key).first()
        if conversation is None:
            raise Refused("not_found", "This chat does not exist (any more).")
        head = conversation.messages.order_by("-created_at").values_list("pk", flat=True).first()
        return str(head) if head else None

    async def _follow(self, cursors: Mapping[UUID, Cursor], *, again: bool = False) -> None:
        """Send turns from their cursors on: running ones by the pump, those that are over from what is kept."""
        over: dict[UUID, Cursor] = {}
        for key, cursor in cursors.items():
            turn = self._runner.turns.get(key)
            if turn is None or turn.begun.owner != self.user.pk:
                over[key] = cursor
            elif again or not self.pump.watches(turn):
                self.pump.watch(turn, cursor)
        if over:
            for frame in await in_thread(missed)(self.user, over):
                await self._put(frame)
