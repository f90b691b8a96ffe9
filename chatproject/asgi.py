"""The ASGI application, for daphne, uvicorn or any other server."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django_application = get_asgi_application()

# Only now: these import models.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402

import chat.providers.anthropic  # noqa: E402, F401 - the SDK takes a second to import: now, not in the first answer
from chat.live.lifespan import Lifespan  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402

application = Lifespan(
    ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": CookieMiddleware(URLRouter(websocket_urlpatterns)),
        }
    )
)

# What is loaded by now stays; to look through it for garbage again and again would stall every answer meanwhile.
gc.collect()
gc.freeze()
