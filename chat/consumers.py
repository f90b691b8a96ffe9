"""The websocket: frames in become commands, cursors become frames out. ``docs/protocol.md`` is its contract.

``receive`` decodes, decides and returns; nothing that streams goes through it. Sending is the pump's, a task of its
own.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from asgiref.sync import ThreadSensitiveContext
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from chat import admission, turns, wire
from chat.engine.errors import Refused
from chat.engine.reply import Cursor
from chat.live.announce import group_of
from chat.live.kept import missed
from chat.live.pump import Pump
from chat.live.runner import current_runner
from chat.models import Conversation, User
from chat.providers import is_simulated

logger = logging.getLogger(__name__)

NOT_LOGGED_IN, WRONG_ORIGIN, TOO_MANY = 4401, 4403, 4429
PUMP_FAILED = 1011
MAX_WATCHED = 20
CHECK_COMMAND_SECONDS = 2
CHECK_FRAME_SECONDS = 10


class ChatConsumer(AsyncWebsocketConsumer):
    """One tab of one person."""

    user: User | None = None
    pump: Pump | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Each socket has a thread of its own for database work, so that none queues behind another's."""
        async with ThreadSensitiveContext():
            try:
                await super().__call__(scope, receive, send)
            finally:
                # A server that shuts down cancels us without calling disconnect.
                self._leave()

    async def connect(self) -> None:
        """Accept first and close then, because a browser cannot read why a socket was refused."""
        await self.accept()
        self.session_key = self.scope["session"].session_key
        self.user = await admission.user_of(self.session_key)
        if not admission.origin_allowed(self.scope):
            await self.close(WRONG_ORIGIN)
        elif self.user is None:
            await self.close(NOT_LOGGED_IN)
        elif admission.sockets[self.user.pk] >= settings.CHAT_MAX_SOCKETS:
            await self.close(TOO_MANY)
        else:
            await self._welcome(self.user)

    async def disconnect(self, code: int) -> None:
        """The tab is gone; its turns go on."""
        if self.user and self.pump:
            await self.channel_layer.group_discard(group_of(self.user.pk), self.channel_name)
        self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame; whatever is wrong with it is answered with ``refused``."""
        if self.pump is None or self.pump.closed or not await self._still_allowed(CHECK_COMMAND_SECONDS):
            return
        if self.flood.rises():
            await self.close(TOO_MANY)
            return
        re: str | None = None
        try:
            command = wire.decode(text_data)
            re = command.id
            await self._obey(command)
        except wire.BadFrame as error:
            await self._say(wire.refused(error, error.re))
        except Refused as error:
            await self._say(wire.refused(error, re))
        except DatabaseError:
            logger.exception("A command failed: the database cannot be reached.")
            away = Refused("unavailable", "The service cannot reach its database. Try again shortly.", retry_after=5)
            await self._say(wire.refused(away, re))

    async def news(self, message: dict[str, Any]) -> None:
        """A rare event for all tabs of this person (channel layer)."""
        frame = message["frame"]
        conversation = UUID(frame["conversation"])
        if frame["type"] == "ended" and conversation not in self.watched:
            return
        await self._say(frame)
        if frame["type"] == "turn" and conversation in self.watched:
            await self._follow({UUID(frame["turn"]): Cursor()})

    async def logged_out(self, message: dict[str, Any]) -> None:
        """A session of this person ended (channel layer). Django tells so before it deletes it: do not look it up."""
        if message["session"] == self.session_key:
            await self._turn_out()

    def _leave(self) -> None:
        if self.user and self.pump and not self.pump.closed:
            admission.sockets[self.user.pk] -= 1
            self.pump.close()

    async def _welcome(self, user: User) -> None:
        admission.sockets[user.pk] += 1
        self.flood = admission.Flood()
        self.checked = monotonic()
        self.watched: set[UUID] = set()
        self.runner = current_runner()
        self.pump = Pump(self._send_text)
        self.pumping = asyncio.create_task(self._pump(self.pump))
        await self.channel_layer.group_add(group_of(user.pk), self.channel_name)
        limits = {"text": settings.CHAT_MAX_MESSAGE_CHARS, "frame": settings.CHAT_MAX_FRAME_BYTES}
        hello = {"protocol": wire.PROTOCOL, "user": user.get_username(), "simulated": is_simulated(), "limits": limits}
        await self._say({"type": "hello", **hello})

    async def _pump(self, pump: Pump) -> None:
        try:
            await pump.run()
        except Exception:
            # The client reconnects and goes on from its cursors.
            logger.exception("A socket is closed: its pump failed.")
            await self.close(PUMP_FAILED)

    async def _obey(self, command: wire.Command) -> None:
        match command:
            case wire.Send() | wire.Regenerate():
                await self._begin(command)
            case wire.Stop():
                await database_sync_to_async(turns.request_stop)(self.user, command.turn)
                self.runner.stop(command.turn)
                await self._say(wire.answer("stopping", command.id, turn=str(command.turn)))
            case wire.Watch():
                await self._watch(command)
            case wire.Unwatch():
                self.watched.discard(command.conversation)
                self.pump.unwatch(command.conversation)
            case wire.Ping():
                await self._say(wire.answer("pong", command.id))

    async def _begin(self, command: wire.Send | wire.Regenerate) -> None:
        fields = command.model_dump(exclude={"type", "id"})
        begin = turns.begin if isinstance(command, wire.Send) else turns.begin_again
        begun = await self.runner.begin(partial(begin, self.user, runner=self.runner.name, **fields))
        ids = {"conversation": begun.conversation, "message": begun.question, "turn": begun.turn}
        await self._say(wire.answer("accepted", command.id, **{name: str(value) for name, value in ids.items()}))
        self.watched.add(begun.conversation)
        await self._follow({begun.turn: Cursor()})

    async def _watch(self, command: wire.Watch) -> None:
        head = await database_sync_to_async(self._head)(command.conversation)
        if len(self.watched) >= MAX_WATCHED and command.conversation not in self.watched:
            raise Refused("too_many_watched", f"A socket watches {MAX_WATCHED} chats at most. Unwatch one first.")
        self.watched.add(command.conversation)
        running = [turn.id for turn in self.runner.open_turns(command.conversation)]
        fields = {"conversation": str(command.conversation), "head": head, "turns": [str(turn) for turn in running]}
        await self._say(wire.answer("watching", command.id, **fields))
        cursors = {turn: Cursor(given.block, given.offset) for turn, given in command.cursors.items()}
        await self._follow({**dict.fromkeys(running, Cursor()), **cursors}, again=True)

    def _head(self, key: UUID) -> str | None:
        conversation = Conversation.objects.of(self.user).filter(pk=key).first()
        if conversation is None:
            raise Refused("not_found", "This chat does not exist (any more).")
        head = conversation.messages.order_by("-created_at").values_list("pk", flat=True).first()
        return head and str(head)

    async def _follow(self, cursors: Mapping[UUID, Cursor], *, again: bool = False) -> None:
        """Send turns from their cursors on: running ones by the pump, those that are over from what is kept."""
        over: dict[UUID, Cursor] = {}
        for key, cursor in cursors.items():
            turn = self.runner.turns.get(key)
            if turn is None or turn.begun.owner != self.user.pk:
                over[key] = cursor
            elif again or not self.pump.watches(turn):
                self.pump.watch(turn, cursor)
        if over:
            for frame in await database_sync_to_async(missed)(self.user, over):
                await self._send_text(frame)

    async def _still_allowed(self, patience: float) -> bool:
        """Whether the session stands, asked anew at most every ``patience`` seconds; closes the socket if not."""
        if monotonic() - self.checked <= patience:
            return True
        self.checked = monotonic()
        user = await admission.user_of(self.session_key)
        if user is None or user.pk != self.user.pk:
            await self._turn_out()
            return False
        return True

    async def _turn_out(self) -> None:
        self._leave()
        await self.close(NOT_LOGGED_IN)

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self._put(wire.encode(frame))

    async def _send_text(self, frame: str) -> None:
        """The pump's way out: past the consumer's layers, because every token takes it."""
        if monotonic() - self.checked > CHECK_FRAME_SECONDS and not await self._still_allowed(CHECK_FRAME_SECONDS):
            return
        await self._put(frame)

    async def _put(self, frame: str) -> None:
        if self.pump is None or self.pump.closed:
            return
        try:
            await self.base_send({"type": "websocket.send", "text": frame})
        except Exception:
            # Each server has an exception of its own for a socket that closed under our hands: nothing is lost by it.
            self._leave()
