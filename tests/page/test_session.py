"""Who may see the page, and that nothing written in it runs."""

import pytest
from playwright.async_api import expect

from tests.hostile import HOSTILE
from tests.page.acts import ANSWER, ASKED, QUESTION, ask, sees
from tests.page.site import raw_text

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
]

CORPUS = "\n\n".join(HOSTILE)


async def test_the_keyboard_alone_is_enough(site, page, alice):
    await page.goto(f"{site.url}/")
    await expect(page.locator("[name=username]")).to_be_focused()
    await page.keyboard.type("alice")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wonderland-7")
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("By keys alone")
    await expect(page.locator("#send")).to_be_enabled()
    await page.keyboard.press("Enter")
    await sees(page, "complete")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.press("Control+Shift+O")
    await expect(page).to_have_url(f"{site.url}/")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("keys alone")
    await expect(page.locator("#switcher-results a")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator(ASKED)).to_have_text("By keys alone")


async def test_a_logout_in_another_tab_ends_this_one_and_keeps_the_draft(site, page, new_page, alice, alice_in):
    await page.goto(f"{site.url}/")
    await ask(page, "Hello")
    await sees(page, "complete")
    address = page.url
    await page.fill("#text", "half a thought")
    other = await new_page()
    await other.goto(f"{site.url}/")
    await other.click("[popovertarget=person]")
    await other.get_by_role("button", name="Log out").click()
    await expect(page.locator('input[type="password"]')).to_be_visible()
    await page.fill("[name=username]", "alice")
    await page.fill("[name=password]", "wonderland-7")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(address)
    await expect(page.locator("#text")).to_have_value("half a thought")


async def test_nothing_hostile_runs_wherever_it_is_written(site, page, alice, alice_in):
    alice.first_name = HOSTILE[3]
    await alice.asave()
    site.simulator.direct({"text": CORPUS, "speed": 0, "title": HOSTILE[0]}, "hostile")
    await page.goto(f"{site.url}/")
    await ask(page, f"hostile {CORPUS}".replace("\x01", ""))
    await sees(page, "complete")
    assert await raw_text(page) == CORPUS
    await expect(page.locator("#title")).to_have_text(HOSTILE[0])
    await expect(page.locator(QUESTION)).to_contain_text(HOSTILE[0])
    await page.reload()
    await expect(page.locator(f"{ANSWER} [data-rendered]")).to_be_attached()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("script")
    await expect(page.locator("#switcher-results mark").first).to_be_visible()
    assert await raw_text(page) == CORPUS
    assert await page.evaluate("window.ran") is None
    assert (
        await page.locator(f"{ANSWER} :is(script, iframe, object, svg[onload], img[onerror], form, style)").count() == 0
    )


@pytest.mark.parametrize("kind", ["markdown", "code", "paragraph"])
async def test_nothing_is_wider_than_a_narrow_screen(site, page, alice_in, kind):
    await page.set_viewport_size({"width": 360, "height": 740})
    site.simulator.direct({"generate": kind, "size": 4000, "speed": 0}, "wide")
    await page.goto(f"{site.url}/")
    await ask(page, "wide " + "unbreakable" * 30)
    await sees(page, "complete")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
