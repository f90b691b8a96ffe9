"""A real browser, the pages it opens, and the servers it opens them from."""

import asyncio

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from chat.simulator import Simulator
from tests.cables import Cable
from tests.chromium import chromium
from tests.page.fake import Fake, exchange
from tests.page.site import Site
from tests.servers import Server

PATIENCE = 15_000  # ms; what is awaited comes at once, unless the machine is busy
LIMITS = {
    "CHAT_MESSAGES_PER_MINUTE": "1000",
    "CHAT_MAX_TOKENS": "64000",
    "CHAT_IDLE_SECONDS": "2",
    "CHAT_CONNECT_SECONDS": "2",
}
expect.set_options(timeout=PATIENCE)


def session_fixture(function):
    """A fixture made once, on the loop that all browser tests share."""
    return pytest_asyncio.fixture(scope="session", loop_scope="session")(function)


def loop_fixture(function):
    """A fixture made for each test, on that same loop."""
    return pytest_asyncio.fixture(loop_scope="session")(function)


@session_fixture
async def browser():
    async with chromium() as browser:
        yield browser


@loop_fixture
async def context(browser):
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    yield context
    await context.close()


@loop_fixture
async def new_page(context):
    """Opens tabs; at the end of the test, whatever went wrong in one of them fails it."""
    wrong: list[str] = []

    async def opened() -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on("console", lambda message: wrong.append(message.text) if "Security Policy" in message.text else None)
        # Not wrong in itself, but the first thing to look at where a test failed.
        page.on("console", lambda message: print(f"{message.type}: {message.text}"))
        page.on("requestfailed", lambda request: print(f"failed: {request.url} ({request.failure})"))
        return page

    yield opened
    assert wrong == []


@loop_fixture
async def page(new_page):
    return await new_page()


@session_fixture
async def fake_server():
    fake = Fake()
    runner = web.AppRunner(fake.application(), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


@loop_fixture
async def fake(fake_server):
    """A server whose websocket the test plays."""
    fake_server.reset()
    yield fake_server
    for socket in fake_server.live:
        await socket.close()


@loop_fixture
async def two(fake):
    """Two conversations on the fake server: `Fruit` and `Trees`."""
    return fake.chat(*exchange("Apples", "Red"), title="Fruit"), fake.chat(*exchange("Oaks", "Tall"), title="Trees")


@session_fixture
async def upstream_of_site():
    async with Simulator(speed=0) as simulator:
        yield simulator


@session_fixture
async def server(django_db_setup, django_db_blocker, upstream_of_site):
    """Our server as a process, on the database of the tests."""
    server = Server(upstream_of_site.url, **LIMITS)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@loop_fixture
async def site(transactional_db, server, upstream_of_site):
    """The whole service: `url`, the `simulator` behind it, and who uses it."""
    upstream_of_site.ledger.clear()
    upstream_of_site.rules.clear()
    site = Site(server.url, upstream_of_site)
    yield site
    await site.rest()


@loop_fixture
async def alice_in(site, alice, context):
    """Alice, logged in with the browser that `page` belongs to."""
    await site.log_in(context, alice)
    return alice


@loop_fixture
async def cable(site):
    """A network between browser and server that a test can cut."""
    cable = Cable(site.url)
    await cable.start()
    yield cable
    await cable.stop()
