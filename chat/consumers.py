"""The websocket: who gets one, frames in, frames out. ``docs/protocol.md`` is its contract.

``receive`` decodes, decides and returns; nothing that streams goes through it. Sending is the pump's, a task of its
own.
"""

import asyncio
import logging
from contextlib import suppress
from time import monotonic
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django import db
from django.conf import settings

from chat import admission, wire
from chat.engine.errors import Refused
from chat.live.announce import group_of
from chat.live.runner import current_runner
from chat.live.threads import in_thread
from chat.live.window import Window
from chat.models import User
from chat.providers import is_simulated
from chat.readiness import REDIS_AWAY
from chat.tab import Tab

logger = logging.getLogger(__name__)

NOT_LOGGED_IN, WRONG_ORIGIN, FALLEN_BEHIND, TOO_MANY, UNAVAILABLE = 4401, 4403, 4408, 4429, 4503
PUMP_FAILED, RESTARTING = 4500, 4512  # daphne sends none of the codes below 3000
UNACKNOWLEDGED = 65_536
"""Bytes: then text waits."""
MOST_UNACKNOWLEDGED = 8 * UNACKNOWLEDGED
"""Bytes: what does not wait, news and answers to commands, has come to so much; then the socket is closed."""
CHECK_COMMAND_SECONDS = 2
CHECK_FRAME_SECONDS = 30


class ChatConsumer(AsyncWebsocketConsumer):
    """The socket of one tab; ``tab`` is ``None`` until it is let in and after it has gone."""

    tab: Tab | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As Channels does it, but a channel layer that fails does not look like a fault of ours."""
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:
            if hasattr(self, "channel_name"):
                raise
            # Channels asks its layer for one before it hands us anything, and the layer failed.
            _log_refusal(error)
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": UNAVAILABLE})
        finally:
            # A server that shuts down cancels us without calling disconnect.
            self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but not by way of a thread, before each event, that closes connections to the database.

        There are none to close: `in_thread` looks after its own.
        """
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept first and close then, because a browser cannot read why a socket was refused."""
        await self.accept()
        try:
            code = await self._let_in()
        except Exception as error:
            _log_refusal(error)
            code = UNAVAILABLE
        if code:
            await self._close(code)

    async def disconnect(self, code: int) -> None:
        """The tab is gone; its turns go on."""
        self._leave()

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """As Channels does it, but its groups cannot be left while Redis is away."""
        with suppress(Exception):
            await super().websocket_disconnect(message)
        raise StopConsumer

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame; whatever is wrong with it is answered with ``refused``."""
        tab = self.tab
        if tab is None:
            return
        if self.flood.rises():
            await self._close(TOO_MANY)
        elif refusal := await self._obey(tab, text_data):
            await tab.say(refusal)

    async def news(self, message: dict[str, Any]) -> None:
        """Rare events for all tabs of this person (channel layer)."""
        try:
            for frame in message["frames"]:
                if self.tab:
                    await self.tab.hear(frame)
        except db.Error as error:
            logger.warning("A turn that began cannot be looked up, and its tab is to come back (%s).", error)
            await self._close(UNAVAILABLE)

    async def logged_out(self, message: dict[str, Any]) -> None:
        """A session of this person ended (channel layer). Django tells so before it deletes it: do not look it up."""
        if message["session"] == self.session_key:
            await self._close(NOT_LOGGED_IN)

    async def _let_in(self) -> int | None:
        """The code to close with, or ``None`` where this is the socket of a tab from now on."""
        if not current_runner().accepting:
            return RESTARTING
        if not admission.origin_allowed(self.scope):
            return WRONG_ORIGIN
        self.session_key = self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)
        user = await in_thread(admission.user_of)(self.session_key)
        if user is None:
            return NOT_LOGGED_IN
        if admission.sockets[user.pk] >= settings.CHAT_MAX_SOCKETS:
            return TOO_MANY
        await self._welcome(user)
        return None

    async def _welcome(self, user: User) -> None:
        admission.sockets[user.pk] += 1
        self.flood = admission.Flood()
        self.checked = monotonic()
        self.checking: asyncio.Task[bool] | None = None
        self.tab = tab = Tab(user, self._put, Window(UNACKNOWLEDGED))
        current_runner().farewells.add(self._restart)
        self.pumping = asyncio.create_task(self._pump(tab))
        self.groups.append(group_of(user.pk))  # channels leaves these groups by itself
        await self.channel_layer.group_add(group_of(user.pk), self.channel_name)
        limits = {
            "text": settings.CHAT_MAX_MESSAGE_CHARS,
            "frame": settings.CHAT_MAX_FRAME_BYTES,
            "unacknowledged": UNACKNOWLEDGED,
        }
        hello = {"protocol": wire.PROTOCOL, "user": user.get_username(), "simulated": is_simulated(), "limits": limits}
        # It may be gone by now.
        await tab.say({"type": "hello", **hello})

    async def _obey(self, tab: Tab, text: str | None) -> dict[str, Any] | None:
        """The refusal of a frame, or ``None`` where it was taken."""
        re: str | None = None
        try:
            command = wire.decode(text)
            re = command.id
            if isinstance(command, wire.Ping | wire.Ack):
                self._check_beside(tab, CHECK_COMMAND_SECONDS)
            elif not await self._still_allowed(tab, CHECK_COMMAND_SECONDS):
                return None
            await tab.obey(command)
        except wire.BadFrame as error:
            return wire.refused(error, error.re)
        except Refused as error:
            return wire.refused(error, re)
        except db.Error as error:
            known = isinstance(error, (db.OperationalError, db.InterfaceError))
            logger.warning("A command was refused: %s", error, exc_info=None if known else error)
            away = Refused("unavailable", "The service cannot reach its database. Try again shortly.", retry_after=5)
            return wire.refused(away, re)
        return None

    async def _pump(self, tab: Tab) -> None:
        try:
            await tab.pump.run()
        except Exception:
            # The client reconnects and goes on from its cursors.
            logger.exception("A socket is closed: its pump failed.")
            await self._close(PUMP_FAILED)

    async def _put(self, frame: str) -> None:
        """Send an encoded frame past the consumer's own layers, because every token takes this way."""
        if self.tab is None:
            return
        self._check_beside(self.tab, CHECK_FRAME_SECONDS)
        if self.tab.window.unacknowledged > MOST_UNACKNOWLEDGED:
            await self._close(FALLEN_BEHIND)
            return
        try:
            await self.base_send({"type": "websocket.send", "text": frame})
        except Exception:
            # Each server has an exception of its own for a socket that closed under our hands: nothing is lost by it.
            self._leave()

    def _check_beside(self, tab: Tab, patience: float) -> None:
        """Have the session checked without waiting for it: an answer does not stand still where the database does."""
        if monotonic() - self.checked > patience and (self.checking is None or self.checking.done()):
            self.checking = asyncio.create_task(self._still_allowed(tab, patience))

    async def _still_allowed(self, tab: Tab, patience: float) -> bool:
        """Whether the session stands, asked anew at most every ``patience`` seconds; closes the socket if not."""
        if monotonic() - self.checked <= patience:
            return True
        try:
            user = await in_thread(admission.user_of)(self.session_key)
        except db.Error as error:
            # Nobody can log out of a database that is away; the command itself is refused as unavailable.
            logger.warning("A session could not be checked: the database cannot be reached (%s).", error)
            user = tab.user
        self.checked = monotonic()
        if user == tab.user:
            return True
        if self.tab:
            await self._close(NOT_LOGGED_IN)
        return False

    async def _restart(self) -> None:
        await self._close(RESTARTING)

    async def _close(self, code: int) -> None:
        self._leave()
        await self.close(code)

    def _leave(self) -> None:
        if self.tab:
            admission.sockets[self.tab.user.pk] -= 1
            self.tab.close()
            self.tab = None
            current_runner().farewells.discard(self._restart)


def _log_refusal(error: Exception) -> None:
    known = isinstance(error, (db.Error, *REDIS_AWAY))
    logger.warning(
        "A socket is refused: the database or Redis does not answer (%s). See /readyz.",
        str(error) or repr(error),
        exc_info=None if known else error,
    )
