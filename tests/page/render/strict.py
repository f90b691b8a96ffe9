"""The project's static files on a page of their own, under a policy that lets nothing else run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'"
)
STATIC = Path(__file__).parents[3] / "chat" / "static"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rendering</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/chat/theme.css">
<link rel="stylesheet" href="/static/chat/chat.css">
<link rel="stylesheet" href="/static/chat/markdown.css">
<link rel="stylesheet" href="/static/chat/code.css">
<link rel="stylesheet" href="/static/chat/maths.css">
<link rel="stylesheet" href="/column.css">
<body><main id="answer"></main><script type="module" src="/open.js"></script>
"""
COLUMN = "main { max-width: 46rem; margin: 24px auto; padding: 0 16px; }"
OPEN = """import * as answer from "/static/chat/render/answer.js";
import * as drawing from "/static/chat/render/drawing.js";
Object.assign(window, answer, drawing);
document.documentElement.dataset.ready = "";
"""
READY = "html[data-ready]"


def application(policy: str = POLICY) -> web.Application:
    """`/` has an empty `#answer` and, once `READY`, what `render/answer.js` and `drawing.js` export as globals."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def column(request: web.Request) -> web.Response:
        return web.Response(text=COLUMN, content_type="text/css")

    async def opening(request: web.Request) -> web.Response:
        return web.Response(text=OPEN, content_type="text/javascript")

    async def restrict(request: web.Request, response: web.StreamResponse) -> None:
        if policy:
            response.headers["Content-Security-Policy"] = policy

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/column.css", column)
    app.router.add_get("/open.js", opening)
    app.router.add_static("/static", STATIC)
    app.on_response_prepare.append(restrict)
    return app


@asynccontextmanager
async def served(policy: str = POLICY) -> AsyncIterator[str]:
    """The address of that page while the context lasts."""
    runner = web.AppRunner(application(policy), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
