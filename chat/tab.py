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
from chat.live.turn import LiveTurn
from chat.live.window import Window
from chat.models import Conversation, Message, User

MAX_WATCHED = 20


class Tab:
    """One tab of one person; ``put`` sends an encoded frame. Run ``pump.run`` beside it, and ``close`` it.

    Answers to commands go out at once; text waits while there is no room in the ``window``.
    """

    def __init__(self, user: User, put: Callable[[str], Awaitable[None]], window: Window | None = None) -> None:
        self.user = user
        self.window = window or Window()
        self._put = put
        # The conversations, each with those turns that are being sent, or were to their end.
        self._watched: dict[UUID, set[UUID]] = {}
        self._runner = current_runner()
        self.pump = Pump(self._send, self.window)

    async def say(self, frame: Mapping[str, Any]) -> None:
        """Send a frame."""
        await self._send(wire.encode(frame))

    def close(self) -> None:
        """Send nothing any more."""
        self.pump.close()
        self.window.close()

    async def obey(self, command: wire.Command) -> None:
        """Do what a command asks. Raises `Refused`."""
        match command:
            case wire.Send() | wire.Regenerate():
                await self._begin(command)
            case wire.Stop():
                self._runner.hurry_stop(await in_thread(turns.request_stop)(self.user, command.turn))
                await self.say(wire.answer("stopping", command.id, turn=str(command.turn)))
            case wire.Watch():
                await self._watch(command)
            case wire.Unwatch():
                self._watched.pop(command.conversation, None)
                self.pump.unwatch(command.conversation)
            case wire.Ping():
                await self.say(wire.answer("pong", command.id))
            case wire.Ack():
                self.window.acknowledge(command.frames)

    async def hear(self, frame: Mapping[str, Any]) -> None:
        """Pass on a rare event, and follow a turn that began in a conversation that is watched."""
        await self.say(frame)
        conversation = UUID(frame["conversation"])
        if frame["type"] == "turn" and conversation in self._watched:
            await self._follow_new(conversation, UUID(frame["turn"]))

    async def _begin(self, command: wire.Send | wire.Regenerate) -> None:
        await self._check_room(command)
        fields = command.model_dump(exclude={"type", "id"})
        begin = turns.begin if isinstance(command, wire.Send) else turns.begin_again
        begun = await self._runner.begin(partial(begin, self.user, **fields))
        ids = {"conversation": begun.conversation, "message": begun.question, "turn": begun.turn}
        await self.say(wire.answer("accepted", command.id, **{name: str(value) for name, value in ids.items()}))
        await self._follow_new(begun.conversation, begun.turn)

    async def _watch(self, command: wire.Watch) -> None:
        await self._check_room(command)
        head, open_turns = await in_thread(self._state_of)(command.conversation)
        fields = {"conversation": str(command.conversation), "head": head and str(head)}
        await self.say(wire.answer("watching", command.id, **fields, turns=[str(turn) for turn in open_turns]))
        cursors = {turn: Cursor(given.block, given.offset) for turn, given in command.cursors.items()}
        # One that began on this socket meanwhile is on its way from its start: who watches cannot name it yet.
        unsent = open_turns - self._watched.get(command.conversation, set())
        await self._follow(command.conversation, {**dict.fromkeys(unsent, Cursor()), **cursors})

    async def _check_room(self, command: wire.Send | wire.Regenerate | wire.Watch) -> None:
        if len(self._watched) < MAX_WATCHED:
            return
        if isinstance(command, wire.Regenerate):
            conversation = await in_thread(self._conversation_of)(command.message)
        else:
            conversation = command.conversation
        if conversation not in self._watched:
            raise Refused("too_many_watched", f"A socket watches {MAX_WATCHED} chats at most. Unwatch one first.")

    def _conversation_of(self, message: UUID) -> UUID | None:
        return Message.objects.of(self.user).filter(pk=message).values_list("conversation", flat=True).first()

    def _state_of(self, key: UUID) -> tuple[UUID | None, set[UUID]]:
        """The newest message of a conversation, and its turns that are not over, wherever they are answered."""
        conversation = Conversation.objects.of(self.user).filter(pk=key).first()
        if conversation is None:
            raise Refused("not_found", "This chat does not exist (any more).")
        messages = conversation.messages.order_by("-created_at")
        newest = messages.values_list("pk", flat=True).first()
        return newest, set(messages.open().values_list("pk", flat=True))

    async def _follow_new(self, conversation: UUID, turn: UUID) -> None:
        """Send a turn from its start on, unless that was done: a key comes twice, word of a turn after its end."""
        if turn not in self._watched.get(conversation, ()):
            await self._follow(conversation, {turn: Cursor()})

    async def _follow(self, conversation: UUID, cursors: Mapping[UUID, Cursor]) -> None:
        """Send turns from their cursors on: open ones by the pump, those that are over from what is kept."""
        sent = self._watched.setdefault(conversation, set())
        over: dict[UUID, Cursor] = {}
        for key, cursor in cursors.items():
            if turn := await self._runner.relay.find(key, self.user.pk):
                self.pump.watch(turn, cursor)
                sent.add(key)
            else:
                over[key] = cursor
        for frame, content in await in_thread(missed)(self.user, over) if over else ():
            turn = LiveTurn.over(frame, content, self.user.pk)
            self.pump.watch(turn, over[turn.id])
            sent.add(turn.id)

    async def _send(self, frame: str) -> None:
        self.window.sent(frame)
        await self._put(frame)
