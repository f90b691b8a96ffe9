"""The pages of the administration."""

from playwright.async_api import Page

from scenes.stage import CHATS, scene

_MODELS = ("conversation", "usagerecord", "user", "languagemodel", "budget", "reviewrecord")
_LISTS = ("auth/group", *(f"chat/{name}" for name in _MODELS))
for _path in _LISTS:

    async def _list(page: Page, path: str = _path) -> None:
        await page.goto(f"/admin/{path}/")

    _list.__name__ = f"admin_{_path.rpartition('/')[2]}"
    scene(_list)


for _path in ("chat/user", "chat/usagerecord", "chat/budget", "auth/group"):

    async def _first(page: Page, path: str = _path) -> None:
        """The page of the first row of a list."""
        await page.goto(f"/admin/{path}/")
        await page.click("#result_list tbody th a >> nth=0")
        await page.wait_for_selector("body.change-form")

    _first.__name__ = f"admin_{_path.rpartition('/')[2]}_one"
    scene(_first)


@scene
async def admin_conversation_search(page: Page) -> None:
    await page.goto("/admin/chat/conversation/?q=light")


@scene
async def admin_conversation_nothing(page: Page) -> None:
    await page.goto("/admin/chat/conversation/?q=xyzzy")


@scene
async def admin_conversation_filters(page: Page) -> None:
    """Where the filters are on a phone."""
    await page.goto("/admin/chat/conversation/?review=flagged")
    await page.locator("#changelist-filter").scroll_into_view_if_needed()


@scene
async def admin_usagerecord_measured(page: Page) -> None:
    """What a percentile of the dashboard is made of."""
    await page.goto("/admin/chat/usagerecord/?measure=first_token&o=-1")


@scene
async def admin_usagerecord_of_budget(page: Page) -> None:
    await page.goto("/admin/chat/budget/")
    await page.click("#result_list tbody th a >> nth=0")
    await page.click(".object-tools a >> nth=0")


@scene
async def admin_user_delete(page: Page) -> None:
    await page.goto("/admin/chat/user/?q=grace")
    await page.click("#result_list tbody th a >> nth=0")
    await page.click("a.deletelink")


@scene
async def admin_transcript(page: Page) -> None:
    await page.goto(f"/admin/chat/conversation/{CHATS['sky']}/change/")


@scene
async def admin_transcript_runs(page: Page) -> None:
    """A call that another model took over, with what each of the two cost; above it estimates."""
    await page.goto(f"/admin/chat/conversation/{CHATS['noted']}/change/")
    await page.locator(".runs").last.evaluate("each => each.scrollIntoView({block: 'end'})")


@scene
async def admin_reason(page: Page) -> None:
    """Another's chat, before a reason is given."""
    await page.goto(f"/admin/chat/conversation/{CHATS['hers']}/change/")


@scene
async def admin_reason_refused(page: Page) -> None:
    await page.goto(f"/admin/chat/conversation/{CHATS['hers']}/change/")
    await page.fill("#reason", "xxxxxxxxxxxxx")
    await page.click(".reason button")


@scene
async def admin_notes(page: Page) -> None:
    """A chat with notes and flags."""
    await page.goto(f"/admin/chat/conversation/{CHATS['noted']}/change/")


@scene
async def admin_notes_lower(page: Page) -> None:
    """At the message that is flagged, with the form open."""
    await page.goto(f"/admin/chat/conversation/{CHATS['noted']}/change/")
    flagged = page.locator(".message:has(.note.flagged)")
    await flagged.locator(".note-form summary").click()
    await flagged.evaluate("each => each.scrollIntoView()")


@scene
async def admin_hold(page: Page) -> None:
    await page.goto(f"/admin/chat/conversation/{CHATS['sky']}/hold/")
    for button, reason in (("release", "Case 4711 is closed"), ("set", "Case 4712: the court wants to see it")):
        if await page.locator(f"[name={button}]").count():
            await page.fill("#reason", reason)
            await page.click(f"[name={button}]")


@scene
async def admin_export(page: Page) -> None:
    await page.goto("/admin/chat/conversation/export/")


@scene
async def admin_budget_add(page: Page) -> None:
    await page.goto("/admin/chat/budget/add/")


@scene
async def admin_prices(page: Page) -> None:
    await page.goto("/admin/chat/languagemodel/claude-haiku-5-5/change/")
    await page.click("#prices-group .add-row a")
    await page.fill("#id_prices-0-input", "0.20")
    await page.locator("#prices-group").scroll_into_view_if_needed()


_EMPTY = "?from=2020-02-01&to=2020-02-29"
for _name, _query in {"": "", "_year": "?range=year", "_today": "?range=today", "_empty": _EMPTY}.items():

    async def _dashboard(page: Page, query: str = _query) -> None:
        await page.goto(f"/admin/{query}")

    _dashboard.__name__ = f"admin_dashboard{_name}"
    scene(_dashboard)


@scene
async def admin_dashboard_lower(page: Page) -> None:
    """Further down: who and what spent, and how answers ended."""
    await page.goto("/admin/")
    await page.locator(".panels").evaluate("each => each.scrollIntoView()")


@scene
async def admin_dashboard_end(page: Page) -> None:
    """Speed and budgets, with the figures behind a chart."""
    await page.goto("/admin/")
    await page.locator(".behind summary").nth(1).click()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
