"""How most examples stream through Channels: each token is a `group_send` of its own, on the layer they all name."""

import asyncio
import json
import os

from anthropic import AsyncAnthropic
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

# The timeout is none of theirs: without it no idle socket outlives 5 s (django/channels_redis#422).
REDIS = {"address": os.environ["REDIS_URL"], "socket_timeout": 15}
settings.configure(
    SECRET_KEY="for this benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    CHANNEL_LAYERS={"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS]}}},
)
claude = AsyncAnthropic()


class Chat(AsyncWebsocketConsumer):
    """Each socket is a group; whatever is sent to it goes to the browser."""

    async def connect(self) -> None:
        """Join the group of this socket."""
        self.group = self.channel_name.replace("!", ".")
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send('{"type":"hello"}')

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a question."""
        frame = json.loads(text_data or "")
        if frame["type"] == "send":
            self.answering = asyncio.create_task(self._answer(frame))

    async def token(self, event: dict[str, str]) -> None:
        """Pass on what came by the layer."""
        await self.send(event["frame"])

    async def _answer(self, question: dict[str, str]) -> None:
        messages = [{"role": "user", "content": question["text"]}]
        async with claude.messages.stream(model=MODEL, max_tokens=MAX_TOKENS, messages=messages) as stream:
            async for text in stream.text_stream:
                await self._tell({"type": "delta", "text": text})
        await self._tell({"type": "ended", "state": "complete"})

    async def _tell(self, frame: dict[str, str]) -> None:
        encoded = json.dumps(frame, separators=(",", ":"))
        await self.channel_layer.group_send(self.group, {"type": "token", "frame": encoded})


MODEL, MAX_TOKENS = "claude-sonnet-5-5", 32_000


def healthz(request: HttpRequest) -> HttpResponse:
    """Whether it is up."""
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz)]
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws/chat/", Chat.as_asgi())])}
)
