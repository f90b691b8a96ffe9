"""What people do on the page and where they look, for all browser tests."""

from playwright.async_api import Page, expect

from tests.page.fake import Fake, FakeSocket

QUESTION = '#transcript [data-role="user"]'
ASKED = f"{QUESTION} > [data-part=blocks]"
ANSWER = '#transcript [data-role="assistant"]'
BLOCKS = f"{ANSWER} > [data-part=blocks]"
STATUS = f"{ANSWER} > [data-part=status]"
FAILURE = f"{ANSWER} > [data-part=failure]"


def item(key: str) -> str:
    """Where a conversation stands in the list."""
    return f'#conversations li[data-conversation="{key}"]'


async def opened(fake: Fake, page: Page, key: str) -> FakeSocket:
    """Open a conversation of the fake server; gives its socket, which has taken the `watch`."""
    await page.goto(f"{fake.url}/c/{key}/")
    socket = await fake.socket()
    await socket.watched((), fake.chats[key][-1]["id"])
    return socket


async def choose(page: Page, key: str, deed: str) -> None:
    """Something in the menu of a conversation."""
    await page.hover(item(key))
    await page.click(f"{item(key)} [popovertarget]")
    await page.click(f"{item(key)} [data-action={deed}]")


async def ask(page: Page, text: str) -> None:
    """Type a message and send it."""
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def sees(page: Page, state: str, number: int = -1) -> None:
    """The answer (the last one) comes to this state."""
    await expect(page.locator(ANSWER).nth(number)).to_have_attribute("data-state", state)


async def drawn(page: Page) -> None:
    """Two animation frames go by: whatever was to be drawn is drawn."""
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
