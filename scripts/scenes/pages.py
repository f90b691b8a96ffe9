"""The pages that everybody has."""

from playwright.async_api import Page

from scenes.stage import CHATS, scene


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
