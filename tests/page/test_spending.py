"""What the person has spent, in the menu, and the warning where a budget nears its end."""

import pytest
from playwright.async_api import expect

from tests.page.fake import exchange

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NEWS = {"type": "spending", "conversation": "c", "today": "0.3", "month": "1.4", "budgets": []}
MINE = {"of": "you", "name": "", "period": "month", "hard": True, "renews": "2026-12-01T00:00:00+00:00"}
WARNING = "82 % of your budget for this month is spent."


def news(passed):
    """The same, where a share of one's own budget is passed."""
    return {**NEWS, "budgets": [{**MINE, "passed": passed, "share": passed + 2}]}


async def opened(fake, page):
    key = fake.chat(*exchange("Apples", "Red"))
    await page.goto(f"{fake.url}/c/{key}/")
    socket = await fake.socket()
    await socket.watched((), fake.chats[key][-1]["id"])
    return socket


async def test_the_menu_follows_what_is_spent(fake, page):
    socket = await opened(fake, page)
    await page.click("[popovertarget=person]")
    await expect(page.locator("#spending")).to_contain_text("This month$1.20")
    fake.spent("0.30", "1.40")
    await socket.send(NEWS)
    await expect(page.locator("#spending")).to_contain_text("This month$1.40")
    await expect(page.locator("#person")).to_be_visible()


async def test_the_menu_is_read_again_when_it_is_opened_and_not_before(fake, page):
    socket = await opened(fake, page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    fake.spent("0.30", "1.40")
    await socket.send(NEWS, NEWS, {"type": "conversation", "conversation": fake.chat(), "title": "Later"})
    await expect(page.locator("#conversations")).to_contain_text("Later")
    assert not [url for url in asked if url.endswith("/spending/")]
    await page.click("[popovertarget=person]")
    await expect(page.locator("#spending")).to_contain_text("This month$1.40")
    await page.click("[popovertarget=person]")
    await page.click("[popovertarget=person]")
    await expect(page.locator("#person")).to_be_visible()
    assert len([url for url in asked if url.endswith("/spending/")]) == 1


async def test_a_share_that_is_passed_is_told_once(fake, page):
    socket = await opened(fake, page)
    await expect(page.locator("#budget")).to_be_hidden()
    fake.spent("0.30", "4.10", WARNING, "2026-11-01.1.80")
    await socket.send(news(80))
    await expect(page.locator("#budget")).to_contain_text(WARNING)
    await expect(page.locator("#announcer")).to_have_text(WARNING)
    await page.click("#budget button")
    await expect(page.locator("#budget")).to_be_hidden()
    fake.spent("0.40", "4.20", WARNING, "2026-11-01.1.80")
    await socket.send(news(80))
    await page.click("[popovertarget=person]")
    await expect(page.locator("#spending")).to_contain_text("$4.20")
    await expect(page.locator("#budget")).to_be_hidden()
    fake.spent("0.90", "5.00", "100 % is spent.", "2026-11-01.1.100")
    await socket.send(news(100))
    await expect(page.locator("#budget")).to_contain_text("100 % is spent.")


async def test_a_warning_is_there_when_the_page_is_opened(fake, page):
    fake.spent("0.30", "4.10", WARNING, "2026-11-01.1.80")
    await opened(fake, page)
    await expect(page.locator("#budget")).to_contain_text(WARNING)


async def test_what_cannot_be_read_stays_as_it_was(fake, page):
    socket = await opened(fake, page)
    await page.route("**/spending/", lambda route: route.abort())
    await socket.send(NEWS)
    async with page.expect_event("requestfailed"):
        await page.click("[popovertarget=person]")
    await expect(page.locator("#spending")).to_contain_text("This month$1.20")


async def test_a_share_that_could_not_be_read_is_told_with_the_next_news(fake, page):
    socket = await opened(fake, page)
    await page.route("**/spending/", lambda route: route.abort())
    async with page.expect_event("requestfailed"):
        await socket.send(news(80))
    await page.unroute("**/spending/")
    fake.spent("0.30", "4.10", WARNING, "2026-11-01.1.80")
    await socket.send(news(80))
    await expect(page.locator("#budget")).to_contain_text(WARNING)
