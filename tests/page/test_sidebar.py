"""The list beside a conversation: what is put away, days, and the menu of the person."""

import pytest
from playwright.async_api import expect

from tests.page.acts import choose, item, opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def see_archived(page):
    await page.click("[popovertarget=person]")
    await page.click("#person :text('Archived chats')")


async def test_it_puts_a_conversation_away_and_back(fake, page, two):
    fruit, trees = two
    await opened(fake, page, trees)
    await choose(page, fruit, "archive")
    await expect(page.locator(item(fruit))).to_have_count(0)
    assert fake.posts[-1] == (f"/c/{fruit}/archive/", {"archived": "true"})
    await see_archived(page)
    await expect(page.locator(item(trees))).to_have_count(0)
    await choose(page, fruit, "unarchive")
    await expect(page.locator(item(fruit))).to_have_count(0)
    assert fake.posts[-1] == (f"/c/{fruit}/archive/", {"archived": "false"})
    await page.click("#conversations .back")
    await expect(page.locator(item(fruit))).to_be_visible()
    await expect(page.locator(item(trees))).to_be_visible()


async def test_a_conversation_that_is_put_away_says_so_and_can_be_put_back(fake, page, two):
    fruit, _ = two
    await opened(fake, page, fruit)
    await choose(page, fruit, "archive")
    await expect(page.locator("#archived")).to_contain_text("This chat is archived")
    await page.reload()
    await page.click("#archived button")
    await expect(page.locator("#archived")).to_be_hidden()
    await expect(page.locator(item(fruit))).to_be_visible()


async def test_what_cannot_be_put_away_stays(fake, page, two):
    fruit, trees = two
    await opened(fake, page, trees)
    await page.route("**/archive/", lambda route: route.fulfill(status=503, body="Later.", content_type="text/plain"))
    await choose(page, fruit, "archive")
    await expect(page.locator("#composer-note")).to_have_text("Later.")
    await expect(page.locator(item(fruit))).to_be_visible()


async def test_a_new_message_elsewhere_brings_a_conversation_back(fake, page, two):
    fruit, trees = two
    fake.archived.add(fruit)
    socket = await opened(fake, page, trees)
    await expect(page.locator(item(fruit))).to_have_count(0)
    frame = {"type": "conversation", "conversation": fruit, "title": "Fruit", "running": True, "archived": False}
    await socket.send({**frame, "updated": "2026-11-21T10:00:00Z"})
    await expect(page.locator(item(fruit))).to_be_visible()


async def test_a_message_elsewhere_leaves_the_list_of_what_is_archived(fake, page, two):
    fruit, trees = two
    fake.archived.add(fruit)
    socket = await opened(fake, page, trees)
    await see_archived(page)
    await expect(page.locator(item(fruit))).to_be_visible()
    frame = {"type": "conversation", "title": "Trees", "running": True, "updated": "2026-11-21T10:00:00Z"}
    await socket.send({**frame, "conversation": trees, "archived": False})
    await socket.send({**frame, "conversation": fruit, "archived": False})
    await expect(page.locator(item(fruit))).to_have_count(0)
    await expect(page.locator(item(trees))).to_have_count(0)


async def test_it_groups_by_the_days_of_the_reader(fake, browser, two):
    context = await browser.new_context(timezone_id="Pacific/Auckland")
    page = await context.new_page()
    async with page.expect_request("**/conversations/**"):
        await page.goto(fake.url)
    assert {"timezone": "Pacific/Auckland"} in [{each["name"]: each["value"]} for each in await context.cookies()]
    await context.close()


async def test_it_does_not_read_a_list_again_that_is_for_the_same_days(fake, browser, two):
    context = await browser.new_context(timezone_id="Africa/Abidjan")
    page = await context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(fake.url)
    await fake.socket()
    assert not [url for url in asked if "/conversations/" in url]
    await context.close()


async def test_the_menu_of_the_person_leads_to_the_password(fake, page, two):
    await opened(fake, page, two[0])
    await page.click("[popovertarget=person]")
    await expect(page.get_by_role("link", name="Change password")).to_have_attribute("href", "/accounts/password/")
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(page.locator("#keys")).to_be_visible()
    await expect(page.locator("#person")).to_be_hidden()
