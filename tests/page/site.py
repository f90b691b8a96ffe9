"""The running service as browser tests use it."""

import asyncio

from asgiref.sync import sync_to_async
from django.conf import settings
from playwright.async_api import BrowserContext, Page

from chat.models import Message, User
from chat.simulator import Entry, Simulator
from tests.tabs import session_of

RAW_TEXT = """async (number) => {
    const { rawTextOf } = await import("/static/chat/page/actions.js");
    return rawTextOf([...document.querySelectorAll('#transcript [data-role="assistant"]')].at(number));
}"""


class Site:
    """The service at ``url`` with the simulator behind it."""

    def __init__(self, url: str, simulator: Simulator) -> None:
        self.url = url
        self.simulator = simulator

    async def log_in(self, context: BrowserContext, user: User, url: str = "") -> None:
        session = await sync_to_async(session_of)(user)
        await context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url or self.url}])

    async def answer(self, page: Page) -> Message:
        """The last answer of the conversation on the page, as the database has it."""
        key = await page.locator('#transcript [data-role="assistant"]').last.get_attribute("data-message")
        return await Message.objects.aget(pk=key)

    def calls(self, text: str) -> list[Entry]:
        """The calls that asked for an answer to ``text``, oldest first."""
        return [entry for entry in self.simulator.ledger if entry.path == "/v1/messages" and _asked(entry) == text]

    async def rest(self) -> None:
        """Wait until no turn is open, so that the next test finds the server at rest."""
        async with asyncio.timeout(20):
            while await Message.objects.open().aexists():  # noqa: ASYNC110 - a database has no event to wait for
                await asyncio.sleep(0.05)


def _asked(entry: Entry) -> str:
    """The last question of a request; the request for a title quotes it among other words."""
    content = entry.body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


async def raw_text(page: Page, number: int = -1) -> str:
    """The Markdown of an answer as the page has it."""
    return await page.evaluate(RAW_TEXT, number)
