"""What the pictures show: each scene brings a logged-in page into one state."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

Scene = Callable[[Page], Awaitable[None]]
SCENES: dict[str, Scene] = {}
CHATS: dict[str, str] = {}  # ids of the demo conversations by name, filled before the first scene


def scene(act: Scene) -> Scene:
    """Add a scene; its name is its function's."""
    SCENES[act.__name__.replace("_", "-")] = act
    return act


async def _ask(page: Page, text: str) -> None:
    await page.goto("/")
    await page.fill("#text", text)
    await page.click("#send")
    await page.wait_for_selector("[data-role=user]")


async def _half(page: Page, text: str, tokens: int) -> None:
    """Ask for an answer that stops to grow after so many tokens and does not end."""
    await _ask(page, f'{text} [[sim {{"fault": "silence", "at": {3 + tokens}}}]]')
    await page.wait_for_selector("[data-role=assistant][data-phase=writing]")


# --- the scenes: pages ------------------------------------------------------------------------------------------------


@scene
async def login(page: Page) -> None:
    """The way in; taken before anybody is logged in."""


@scene
async def empty(page: Page) -> None:
    await page.goto("/")


@scene
async def chat(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")


@scene
async def chat_top(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.evaluate("scrollTo(0, 0)")
    await page.hover(".answer")


for _name in ("code", "maths", "markdown", "search", "long", "stopped", "failed", "interrupted"):

    async def _open(page: Page, name: str = _name) -> None:
        await page.goto(f"/c/{CHATS[name]}/")

    _open.__name__ = f"chat_{_name}"
    scene(_open)


@scene
async def failed_details(page: Page) -> None:
    await page.goto(f"/c/{CHATS['failed']}/")
    await page.click(".failure summary")


@scene
async def search_unfolded(page: Page) -> None:
    await page.goto(f"/c/{CHATS['search']}/")
    for fold in await page.locator(".fold summary").all():
        await fold.click()


@scene
async def long_top(page: Page) -> None:
    await page.goto(f"/c/{CHATS['long']}/")
    await page.evaluate("scrollTo(0, 0)")


@scene
async def drawer(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    if await page.locator("[data-action=open-drawer]").is_visible():
        await page.click("[data-action=open-drawer]")


@scene
async def menu(page: Page) -> None:
    await drawer(page)
    item = page.locator("#conversations li").nth(2)
    await item.hover()
    await item.locator("button[popovertarget]").click()


@scene
async def person(page: Page) -> None:
    await drawer(page)
    await page.click("[popovertarget=person]")


@scene
async def readings(page: Page) -> None:
    """Who has read one's chats."""
    await page.goto("/accounts/readings/")


@scene
async def archived(page: Page) -> None:
    """What is put away, and a chat that is."""
    await page.goto(f"/c/{CHATS['archived']}/")
    if await page.locator("[data-action=open-drawer]").is_visible():
        await page.click("[data-action=open-drawer]")
    await page.click("[popovertarget=person]")
    await page.click("#person :text('Archived')")
    await page.wait_for_selector("#conversations .back")


@scene
async def chat_archived(page: Page) -> None:
    await page.goto(f"/c/{CHATS['archived']}/")


@scene
async def scripts_missing(page: Page) -> None:
    await page.route("**/app.js", lambda route: route.abort())
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.locator("#scripts-missing").wait_for()


@scene
async def password(page: Page) -> None:
    await page.goto("/accounts/password/")


@scene
async def folded(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    if await page.locator("[data-action=fold]").is_visible():
        await page.click("[data-action=fold]")


@scene
async def search(page: Page) -> None:
    await drawer(page)
    await page.fill("#search", "light")
    await page.wait_for_selector("#conversations mark")


@scene
async def switcher(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", "bees")
    await page.wait_for_selector("#switcher mark")


@scene
async def settings(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.click("#open-settings")


@scene
async def keys(page: Page) -> None:
    await page.goto("/")
    await page.evaluate("document.getElementById('keys').showModal()")


@scene
async def edit(page: Page) -> None:
    await page.goto(f"/c/{CHATS['sky']}/")
    await page.hover(".question >> nth=-1")
    await page.click(".question >> nth=-1 >> [data-action=edit]")


@scene
async def zoomed(page: Page) -> None:
    """What 200 % leaves of a window, and not less than anybody has."""
    size = page.viewport_size or {"width": 0, "height": 0}
    await page.set_viewport_size({"width": max(320, size["width"] // 2), "height": size["height"] // 2})
    await page.goto(f"/c/{CHATS['sky']}/")


# --- the scenes: an answer on its way ---------------------------------------------------------------------------------


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


# --- the scenes: administration ---------------------------------------------------------------------------------------

for _name in ("conversation", "usagerecord", "user", "languagemodel", "budget", "reviewrecord"):

    async def _list(page: Page, name: str = _name) -> None:
        await page.goto(f"/admin/chat/{name}/")

    _list.__name__ = f"admin_{_name}"
    scene(_list)


@scene
async def admin_transcript(page: Page) -> None:
    await page.goto(f"/admin/chat/conversation/{CHATS['sky']}/change/")


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
    """At its last message, with the form open."""
    await page.goto(f"/admin/chat/conversation/{CHATS['noted']}/change/")
    await page.locator(".message .note-form summary").last.click()
    await page.locator(".message .notes").last.scroll_into_view_if_needed()


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
