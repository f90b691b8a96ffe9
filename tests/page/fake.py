"""A chat server without Django's database or a model: the real templates, and websockets that a test plays by hand."""

import asyncio
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web
from django.conf import settings
from django.template.loader import render_to_string

from chat.views.blocks import blocks_of

STATIC = Path(__file__).resolve().parents[2] / "chat" / "static"
LIMITS = {"text": 1000, "frame": 524288, "unacknowledged": 65536}
USER = SimpleNamespace(pk=1, username="ada", first_name="Ada", get_full_name="", is_staff=False)


class FakeSocket:
    """The server's end of one tab's websocket."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self.websocket = websocket
        self.commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.acknowledged: asyncio.Queue[int] = asyncio.Queue()

    async def send(self, *frames: dict[str, Any]) -> None:
        for frame in frames:
            await self.websocket.send_json(frame)

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next command, which must be of this kind."""
        command = await asyncio.wait_for(self.commands.get(), 10)
        assert command["type"] == kind, command
        return command

    async def answer(self, command: dict[str, Any], kind: str, **fields: Any) -> None:
        await self.send({"type": kind, "re": command["id"], **fields})

    async def watched(self, turns: tuple[str, ...] = (), head: str | None = None) -> dict[str, Any]:
        """Take a ``watch`` and say what is open."""
        command = await self.expect("watch")
        await self.answer(command, "watching", conversation=command["conversation"], head=head, turns=list(turns))
        return command

    async def accept(self, conversation: str, message: str = "", turn: str = "") -> tuple[dict[str, Any], str]:
        """Take a ``send`` or ``regenerate``; the result is the command and the id of the turn."""
        command = await asyncio.wait_for(self.commands.get(), 10)
        assert command["type"] in {"send", "regenerate"}, command
        turn = turn or str(uuid4())
        await self.answer(command, "accepted", conversation=conversation, message=message or str(uuid4()), turn=turn)
        return command, turn

    async def close(self, code: int = 1012) -> None:
        await self.websocket.close(code=code)


class Fake:
    """What the page sees; ``chats`` maps a conversation to the entries that its transcript shows."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        self.chats: dict[str, list[dict[str, Any]]] = {}
        self.titles: dict[str, str] = {}
        self.archived: set[str] = set()
        self.early: set[str] = set()  # of which only an earlier page is shown
        self.opened: asyncio.Queue[FakeSocket] = asyncio.Queue()
        self.live: list[FakeSocket] = []
        self.refuse_with: int | None = None
        self.checks: dict[str, str] = {}
        self.mute: set[FakeSocket] = set()
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.spent("0.10", "1.20")

    def chat(self, *entries: dict[str, Any], title: str = "A chat") -> str:
        """A new conversation with these entries."""
        key = str(uuid4())
        self.chats[key] = list(entries)
        self.titles[key] = title
        return key

    def spent(self, today: str, month: str, warning: str = "", key: str = "") -> None:
        """What the person has spent from now on."""
        spending = {"today": Decimal(today), "month": Decimal(month), "own": []}
        self.spending = {"spending": spending, "alarm": warning and {"warning": warning}, "alarm_key": key}

    async def socket(self) -> FakeSocket:
        """The next websocket that the page opens, greeted."""
        return await asyncio.wait_for(self.opened.get(), 10)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[_with_policy])
        application.add_routes(
            [
                web.get("/", self._new),
                web.get("/c/{key}/", self._conversation),
                web.get("/c/{key}/transcript/", self._transcript),
                web.get("/conversations/", self._list),
                web.get("/spending/", self._spending),
                web.post("/c/{key}/{deed}/", self._post),
                web.get("/accounts/login/", self._login),
                web.get("/readyz", self._readiness),
                web.get("/ws/chat/", self._websocket),
                web.static("/static/", STATIC),
            ]
        )
        return application

    async def _new(self, request: web.Request) -> web.Response:
        return _html(render_to_string("chat/page.html", self._context(None)))

    async def _conversation(self, request: web.Request) -> web.Response:
        return _html(render_to_string("chat/page.html", self._context(self._known(request))))

    async def _transcript(self, request: web.Request) -> web.Response:
        key = self._known(request)
        page = self._page(key)
        if turn := request.query.get("turn"):
            end = [entry["id"] for entry in page["entries"]].index(turn) + 1
            page["entries"] = page["entries"][max(end - 2, 0) : end]
        response = _html(render_to_string("chat/_transcript.html", {"page": page}))
        response.headers["X-Leaf"] = page["leaf"]
        return response

    async def _list(self, request: web.Request) -> web.Response:
        found = self._listing(request.query.get("q", ""), archived="archived" in request.query)
        return _html(render_to_string("chat/_conversations.html", {"list": found}))

    async def _spending(self, request: web.Request) -> web.Response:
        seen = request.cookies.get("budget") == self.spending["alarm_key"]
        told = {**self.spending, "alarm": None} if seen else self.spending
        return _html(render_to_string("chat/spending.html", told))

    async def _post(self, request: web.Request) -> web.Response:
        key = self._known(request)
        fields = dict(await request.post())
        if request.match_info["deed"] == "archive":
            (self.archived.add if fields["archived"] == "true" else self.archived.discard)(key)
        self.posts.append((request.path, fields))
        if fields.get("title") == "refuse me":
            return web.Response(status=400, text="That title is not allowed.")
        return web.Response(status=204)

    async def _login(self, request: web.Request) -> web.Response:
        return _html("<!doctype html><title>Log in</title>")

    async def _readiness(self, request: web.Request) -> web.Response:
        return web.json_response({"checks": self.checks}, status=503 if self.checks else 200)

    async def _websocket(self, request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        if self.refuse_with:
            await websocket.close(code=self.refuse_with)
            return websocket
        socket = FakeSocket(websocket)
        await socket.send({"type": "hello", "protocol": 1, "user": "ada", "simulated": True, "limits": LIMITS})
        self.live.append(socket)
        self.opened.put_nowait(socket)
        async for message in websocket:
            if message.type == WSMsgType.TEXT:
                await self._heard(socket, message.json())
        return websocket

    async def _heard(self, socket: FakeSocket, command: dict[str, Any]) -> None:
        if socket in self.mute:
            return
        if command["type"] == "ping":
            await socket.answer(command, "pong")
        elif command["type"] == "ack":
            socket.acknowledged.put_nowait(command["frames"])
        elif command["type"] != "unwatch":
            socket.commands.put_nowait(command)

    def _known(self, request: web.Request) -> str:
        key = request.match_info["key"]
        if key not in self.chats:
            raise web.HTTPNotFound
        return key

    def _page(self, key: str | None) -> dict[str, Any]:
        entries = self.chats[key] if key else []
        later = f"/c/{key}/" if key in self.early else None
        return {"leaf": entries[-1]["id"] if entries else "", "entries": entries, "later": later}

    def _listing(self, query: str = "", archived: bool = False) -> dict[str, Any]:
        keys = [key for key in self.chats if query or (key in self.archived) is archived]
        found = [self._item(key) for key in keys if query.lower() in self.titles[key].lower()]
        groups = [{"name": "Today", "items": found}] if found else []
        return {"groups": groups, "query": query, "archived": archived}

    def _chat(self, key: str) -> SimpleNamespace:
        return SimpleNamespace(pk=key, title=self.titles[key], archived=key in self.archived)

    def _item(self, key: str) -> dict[str, Any]:
        title = self.titles[key]
        known = {"id": key, "title": title, "url": f"/c/{key}/", "marked_title": title}
        return {**known, "running": False, "archived": key in self.archived}

    def _context(self, key: str | None) -> dict[str, Any]:
        models = [{"id": "claude-sonnet-5-5", "label": "Sonnet"}, {"id": "claude-haiku-5-5", "label": "Haiku"}]
        return {
            "conversation": self._chat(key) if key else None,
            "page": self._page(key),
            "list": self._listing(),
            "timezone": "UTC",
            "user": USER,
            "models": models,
            "chosen_model": models[0]["id"],
            "simulated": True,
            **self.spending,
            "sidebar": "open",
            "starts": [{"title": "Explain", "text": "Explain hash tables."}],
            "csrf_token": "token",
        }


def question(text: str, parent: str = "", **more: Any) -> dict[str, Any]:
    """A question as the templates take it."""
    return {"id": str(uuid4()), "parent": parent, "role": "user", "state": "complete", **saying(text, "text"), **more}


def answer(text: str, parent: str, state: str = "complete", **more: Any) -> dict[str, Any]:
    """An answer as the templates take it."""
    return {"id": str(uuid4()), "parent": parent, "role": "assistant", "state": state, **saying(text), **more}


def saying(text: str, part: str = "markdown") -> dict[str, Any]:
    """What an entry has of its text."""
    return {"blocks": blocks_of([{"type": "text", "text": text}], part), "size": len(text).bit_length()}


def exchange(asked: str, answered: str, parent: str = "", state: str = "complete") -> list[dict[str, Any]]:
    """A question and its answer."""
    first = question(asked, parent)
    return [first, answer(answered, first["id"], state)]


def exchanges(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    """Questions and answers, each after the one before."""
    entries: list[dict[str, Any]] = []
    for asked, answered in pairs:
        entries += exchange(asked, answered, entries[-1]["id"] if entries else "")
    return entries


def block(turn: str, index: int = 0, kind: str = "text", done: bool = False, **data: Any) -> dict[str, Any]:
    return {"type": "block", "turn": turn, "index": index, "kind": kind, "data": data, "done": done}


def delta(turn: str, offset: int, text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "delta", "turn": turn, "index": index, "offset": offset, "text": text}


def ended(turn: str, conversation: str, state: str = "complete", **more: Any) -> dict[str, Any]:
    return {"type": "ended", "turn": turn, "conversation": conversation, "state": state, "error": None, **more}


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


@web.middleware
async def _with_policy(request: web.Request, handler: Any) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        response.headers["Content-Security-Policy"] = "; ".join(f"{name} {' '.join(to)}" for name, to in policy.items())
    return response
