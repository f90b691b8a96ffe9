"""The administration in a real browser: nothing hostile runs, no policy is broken, a phone is wide enough."""

import re

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import expect

from tests.admin.office import pages_full_of
from tests.hostile import HOSTILE
from tests.page.conftest import loop_fixture

TRANSCRIPT = re.compile("/conversation/.*/change/")

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.django_db(transaction=True)]


@loop_fixture
async def visit(desk, context, page):
    """Opens a page of the administration, the policy being enforced."""
    url, cookie = desk
    await context.add_cookies([cookie])

    async def opened(path):
        response = await page.goto(url + path)
        assert response.status == 200
        assert "script-src 'self'" in response.headers["content-security-policy"].split("; ")
        return page

    return opened


async def test_no_page_breaks_the_policy_and_nothing_hostile_runs(visit):
    for path in await sync_to_async(pages_full_of)("\n".join(HOSTILE)):
        page = await visit(path)
        assert await page.evaluate("window.ran") is None
        assert await page.evaluate("document.body.checkVisibility()")


async def test_answers_are_rendered_as_their_owner_saw_them(visit):
    paths = await sync_to_async(pages_full_of)(
        "# A heading\n\n- **strong**\n- `code`\n\n<b onclick=alert(1)>no tag</b>"
    )
    page = await visit(next(path for path in paths if TRANSCRIPT.search(path)))
    answer = page.locator(".message.assistant [data-rendered]").first
    await expect(answer.locator("h1")).to_have_text("A heading")
    await expect(answer.locator("strong")).to_have_text("strong")
    assert await page.locator("[onclick], .message b").count() == 0
    question = page.locator(".message.user [data-part=text]").first
    assert "# A heading" in await question.inner_text()


async def test_a_note_is_written_and_a_flag_settled_with_the_keyboard_alone(visit):
    paths = await sync_to_async(pages_full_of)("word")
    page = await visit(next(path for path in paths if TRANSCRIPT.search(path)))
    await page.locator("section.notes .note-form summary").press("Enter")
    await page.locator("section.notes textarea").fill("Somebody should look")
    await page.locator("section.notes [name=flag]").press("Space")
    await page.locator("section.notes .note-form button").press("Enter")
    note = page.locator("section.notes .note.flagged", has_text="Somebody should look")
    await expect(note).to_be_visible()
    await note.locator("button").press("Enter")
    await expect(page.get_by_text("The flag is settled.")).to_be_visible()


async def test_the_links_of_a_transcript_lead_to_pages_only(visit):
    paths = await sync_to_async(pages_full_of)("word")
    page = await visit(next(path for path in paths if TRANSCRIPT.search(path)))
    await page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    schemes = await page.evaluate("[...new Set([...document.querySelectorAll('main a')].map(link => link.protocol))]")
    assert sorted(schemes) == ["http:", "https:"]


async def test_no_page_is_wider_than_a_phone(visit, page):
    await page.set_viewport_size({"width": 360, "height": 740})
    for path in await sync_to_async(pages_full_of)("Antidisestablishmentarianism" * 20):
        await visit(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_prices_are_added_with_the_page_s_own_button(visit):
    page = await visit("/admin/chat/languagemodel/claude-sonnet-5-5/change/")
    await page.get_by_role("button", name="Add another Price").click()
    for name, value in {
        "input": "1",
        "output": "5",
        "cache_write_5m": "1",
        "cache_write_1h": "2",
        "cache_read": "0.1",
    }.items():
        await page.locator(f"[name=prices-0-{name}]").fill(value)
    await page.get_by_role("button", name="Save and continue editing").click()
    await expect(page.get_by_text("was changed successfully")).to_be_visible()
    await expect(page.locator("table.figures tbody tr")).to_have_count(3)


async def test_lists_are_sorted_on_a_phone_without_scripts(desk, browser):
    url, cookie = desk
    await sync_to_async(pages_full_of)("word")
    context = await browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    await context.add_cookies([cookie])
    page = await context.new_page()
    for path, name in (
        ("usagerecord", "Cost"),
        ("user", "All time"),
        ("conversation", "Messages"),
        ("budget", "Amount and what is spent"),
    ):
        await page.goto(f"{url}/admin/chat/{path}/")
        for order in ("ascending", "descending"):
            await page.locator(f"#result_list .text a:text-is('{name}')").click()
            await expect(page.locator(f"#result_list th.{order}:has(a:text-is('{name}'))")).to_be_visible()
    await context.close()
