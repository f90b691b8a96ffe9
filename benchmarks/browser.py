"""A real browser on the real page: Chromium, the page's templates and scripts, and a websocket that is played by hand.

What a page costs its reader is the work of its main thread, from the browser's own trace: scripts, style, layout and
paint. CPU time is what the work takes; elapsed time is what the reader waits, and on a busy machine holds the waiting
for a core as well.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import django
from aiohttp import web
from playwright.async_api import Browser, Page

from tests.page.fake import Fake, exchange

CATEGORIES = ["disabled-by-default-devtools.timeline", "__metadata"]
CHATS = 50  # in the list, as on its first page
REST = """async () => {
  const { settled } = await import("/static/chat/render/work.js");
  await settled();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@dataclass(frozen=True)
class Task:
    """One task of the main thread, in milliseconds."""

    cpu: float
    elapsed: float


@dataclass
class Trace:
    """The tasks of a page's main thread, filled when the tracing ends."""

    tasks: list[Task] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return sum(task.cpu for task in self.tasks)

    @property
    def elapsed(self) -> float:
        return sum(task.elapsed for task in self.tasks)

    @property
    def longest(self) -> Task:
        """The most that one task took, each of its two times on its own."""
        return Task(max(task.cpu for task in self.tasks), max(task.elapsed for task in self.tasks))


@asynccontextmanager
async def service() -> AsyncIterator[Fake]:
    """The page's server, with a list as long as a person's who uses it every day."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
    django.setup()
    fake = Fake()
    for number in range(CHATS):
        fake.chat(*exchange("Hi", "Hello"), title=f"What was said about number {number}")
    runner = web.AppRunner(fake.application(), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()


@asynccontextmanager
async def tab(browser: Browser) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    try:
        yield page
    finally:
        await page.close()


@asynccontextmanager
async def traced(browser: Browser, page: Page) -> AsyncIterator[Trace]:
    """What the page's main thread does until the page is at rest again."""
    trace = Trace()
    await browser.start_tracing(page=page, categories=CATEGORIES)
    yield trace
    await page.evaluate(REST)
    trace.tasks += main_thread_tasks(json.loads(await browser.stop_tracing())["traceEvents"])


def main_thread_tasks(events: list[dict]) -> list[Task]:
    """The tasks of the busiest renderer's main thread."""
    threads = {
        (event["pid"], event["tid"]): [Task(0, 0)]
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        key = (event["pid"], event["tid"])
        if event["name"] == "RunTask" and event["ph"] == "X" and key in threads:
            threads[key].append(Task(event.get("tdur", 0) / 1000, event["dur"] / 1000))
    return max(threads.values(), key=lambda tasks: sum(task.cpu for task in tasks))
