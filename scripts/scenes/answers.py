"""An answer on its way, and what can come between."""

from playwright.async_api import Page

from scenes.stage import CHATS, scene


async def _ask(page: Page, text: str) -> None:
    await page.goto("/")
    await page.fill("#text", text)
    await page.click("#send")
    await page.wait_for_selector("[data-role=user]")


async def _half(page: Page, text: str, tokens: int) -> None:
    """Ask for an answer that stops to grow after so many tokens and does not end."""
    await _ask(page, f'{text} [[sim {{"fault": "silence", "at": {3 + tokens}}}]]')
    await page.wait_for_selector("[data-role=assistant][data-phase=writing]")


@scene
async def waiting(page: Page) -> None:
    await _ask(page, 'Why is the sky blue? [[sim {"head_delay": 5}]]')


@scene
async def thinking(page: Page) -> None:
    await _ask(page, 'Why is the sky blue? [[sim {"thinking": true, "fault": "silence", "at": 20}]]')
    await page.wait_for_selector("[data-phase=thinking]")


@scene
async def writing(page: Page) -> None:
    await _half(page, "Tell me a story", 150)


@scene
async def writing_code(page: Page) -> None:
    await _half(page, "Show me some Python", 150)


@scene
async def writing_list(page: Page) -> None:
    await _half(page, "A list of what to see", 80)


@scene
async def writing_table(page: Page) -> None:
    await _half(page, "A comparison of ways to the browser", 80)


@scene
async def writing_maths(page: Page) -> None:
    await _half(page, "Some maths, an integral perhaps", 120)


@scene
async def overloaded(page: Page) -> None:
    await _ask(page, 'Tell me a story [[sim {"fault": "error", "at": 90}]]')
    await page.wait_for_selector("[data-state=failed]")


@scene
async def refused(page: Page) -> None:
    await page.goto("/")
    await page.fill("#text", "word " * 30_000)
    await page.click("#send")


@scene
async def budget(page: Page) -> None:
    """A share of it is passed."""
    await page.context.clear_cookies(name="budget")
    await page.goto(f"/c/{CHATS['sky']}/")


@scene
async def reconnecting(page: Page) -> None:
    await page.route("**/line-worker.js", lambda route: route.abort())
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.wait_for_selector("#connection:not([hidden])")


@scene
async def redis_away(page: Page) -> None:
    sentence = "Redis does not answer: check REDIS_URL, and that Redis runs."
    await page.route("**/readyz", lambda route: route.fulfill(status=503, json={"checks": {"channel_layer": sentence}}))
    await page.route("**/line-worker.js", lambda route: route.abort())
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.wait_for_selector("#connection:has-text('Redis')")
