"""The page where no script runs: nothing of the history is out of reach, and it says why nothing can be asked."""

import pytest
from playwright.async_api import expect

from tests.page.acts import BLOCKS
from tests.page.fake import exchange

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def conversation(fake):
    fake.chat(*exchange("Oaks", "Tall"), title="Trees")
    return fake.chat(*exchange("Apples", "**Red**"), title="Fruit")


async def test_without_javascript_one_can_read_and_go_elsewhere(fake, browser, conversation):
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{fake.url}/c/{conversation}/")
    await expect(page.locator(BLOCKS)).to_have_text("**Red**")
    await expect(page.locator("#composer")).to_be_hidden()
    await expect(page.locator("noscript p")).to_contain_text("Reading works without JavaScript.")
    await expect(page.locator("#scripts-missing")).to_be_hidden()
    await page.get_by_role("link", name="Trees").click()
    await expect(page.locator(BLOCKS)).to_have_text("Tall")
    await page.click("[popovertarget=person]")
    await expect(page.get_by_role("link", name="Archived chats")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("lost", ["app.js", "live.js"])
async def test_scripts_that_do_not_load_are_missed_in_words(fake, page, conversation, lost):
    await page.route(f"**/{lost}", lambda route: route.abort())
    await page.goto(f"{fake.url}/c/{conversation}/")
    await expect(page.locator(BLOCKS)).to_have_text("**Red**")
    await expect(page.locator("#scripts-missing")).to_be_visible()
    await expect(page.locator("#scripts-missing")).to_contain_text("The scripts of this page did not load.")
    await page.unroute(f"**/{lost}")
    await page.click("#scripts-missing a")
    await expect(page.locator(f"{BLOCKS} strong")).to_have_text("Red")
    await expect(page.locator("#scripts-missing")).to_be_hidden()


async def test_scripts_that_are_missed_are_missed_without_motion_too(fake, page, conversation):
    await page.emulate_media(reduced_motion="reduce")
    await page.route("**/app.js", lambda route: route.abort())
    await page.goto(f"{fake.url}/c/{conversation}/")
    await expect(page.locator("#scripts-missing")).to_be_visible()
