"""A real browser, the pages it opens, and the servers it opens them from."""

import shutil

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, async_playwright

from tests.page.fake import Fake

PATIENCE = 10_000  # ms


def session_fixture(function):
    """A fixture made once, on the loop that all browser tests share."""
    return pytest_asyncio.fixture(scope="session", loop_scope="session")(function)


def loop_fixture(function):
    """A fixture made for each test, on that same loop."""
    return pytest_asyncio.fixture(loop_scope="session")(function)


@session_fixture
async def browser():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


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
