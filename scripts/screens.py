"""Take pictures of every page and state, in two sizes, light and dark: ``build/screens/<scene>-<size>-<scheme>.png``.

``screens.py NAME ...`` takes only the scenes whose names begin like that, ``screens.py --docs`` the whole pages that
``docs/`` shows.
"""

import asyncio
import base64
import io
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from scenes import CHATS, SCENES

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "screens"
DOCS = ROOT / "docs"
DOCUMENTED = {"admin-dashboard": "dashboard", "admin-notes": "review"}
COLUMNS = {"phone": 3, "desk": 1}  # a page on a phone is too long to be one picture
TOP = 1302  # pixels: of the dashboard what the README shows, down to the first ranks
QUALITY = 80  # of WebP
SIZES = {"phone": (360, 740), "desk": (1280, 800)}
SCHEMES = ("light", "dark")
# What a question tells the simulator is no part of a picture.
WITHOUT_DIRECTIVES = """document.querySelectorAll('#title, [data-part=text], [data-part=title]').forEach(
    (each) => (each.textContent = each.textContent.replace(/\\s*\\[\\[sim.*/s, "")))"""
# A page is at rest when nothing on it moved or grew for a third of a second.
REST = """() => new Promise((done) => {
  let [before, same] = ["", 0];
  (function look() {
    const { scrollHeight, textContent } = document.documentElement;
    const now = [scrollY, scrollHeight, textContent.length].join();
    [before, same] = [now, now === before ? same + 1 : 0];
    if (same < 20) requestAnimationFrame(look);
    else done();
  })();
})"""
Take = Callable[[Page, str], Awaitable[None]]
NAME, PASSWORD = "ada", secrets.token_urlsafe()


def main(wanted: list[str]) -> None:
    """Make a database, serve it, take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        # Found only now that the root is on the path.
        from benchmarks.deployments import DAPHNE
        from benchmarks.processes import serving

        with serving(DAPHNE, ("chatproject.asgi:application",), dict(os.environ)) as (url, _):
            if wanted == ["--docs"]:
                asyncio.run(_shoot(url, list(DOCUMENTED), _document))
            else:
                names = [name for name in SCENES if not wanted or any(name.startswith(start) for start in wanted)]
                asyncio.run(_shoot(url, names, _picture))
                print(f"{len(list(BUILD.glob('*.png')))} pictures in {BUILD.relative_to(ROOT)}")


def _prepare(folder: Path) -> None:
    os.environ |= {
        "ENV_FILE": os.devnull,
        "ANTHROPIC_API_KEY": "",
        "DATABASE_URL": f"sqlite:///{folder / 'screens.sqlite3'}",
        "SECRET_KEY": secrets.token_urlsafe(),
        "CHAT_SIMULATOR_SPEED": "100",
        "CHAT_MESSAGES_PER_MINUTE": "1000",
        "CHAT_REVIEW_VISIBLE_TO_OWNER": "1",
        "DJANGO_SETTINGS_MODULE": "chatproject.settings",
    }
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    import demo_chats

    from chat.models import User

    user = User.objects.create_superuser(NAME, password=PASSWORD, first_name="Ada", last_name="Lovelace")
    CHATS.update({name: str(chat.pk) for name, chat in demo_chats.make(user).items()})
    CHATS.update({name: str(chat.pk) for name, chat in demo_chats.review(user).items()})
    demo_chats.count()
    call_command("generate_site", add=True, conversations=6_000, verbosity=0, stdout=io.StringIO())
    demo_chats.limit(user)


async def _shoot(url: str, names: list[str], take: Take) -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
        )
        for size in SIZES:
            for scheme in SCHEMES:
                await _variant(browser, url, size, scheme, names, take)
        await browser.close()


async def _variant(browser: Browser, url: str, size: str, scheme: str, names: list[str], take: Take) -> None:
    context = await _context(browser, url, size, scheme)
    page = await context.new_page()
    await page.goto("/accounts/login/")
    if "login" in names:
        await _picture(page, f"login-{size}-{scheme}")
    await page.fill("[name=username]", NAME)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_url(f"{url}/")
    await page.wait_for_selector("[data-alive]")
    await page.click("#budget button")  # a scene of its own
    cookies = await context.cookies()
    await context.close()
    for name in (name for name in names if name != "login"):
        context = await _context(browser, url, size, scheme)
        await context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
        await _scene(await context.new_page(), name, f"{name}-{size}-{scheme}", take)
        await context.close()


async def _scene(page: Page, name: str, picture: str, take: Take) -> None:
    try:
        await SCENES[name](page)
        await take(page, picture)
        await _tidy(page)
    except Exception as error:
        print(f"{picture}: {str(error).splitlines()[0]}", file=sys.stderr)


async def _tidy(page: Page) -> None:
    """Delete what a scene wrote, so that the list looks the same in every picture."""
    key = await page.evaluate("document.body.dataset.conversation")
    if key and key not in CHATS.values():
        token = await page.get_attribute("meta[name=csrf-token]", "content")
        headers = {"X-CSRFToken": token or "", "X-Requested-With": "fetch"}
        await page.context.request.post(f"/c/{key}/delete/", headers=headers)


async def _context(browser: Browser, url: str, size: str, scheme: str) -> BrowserContext:
    width, height = SIZES[size]
    phone = size == "phone"
    context = await browser.new_context(
        base_url=url,
        locale="en-GB",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=phone,
        is_mobile=phone,
    )
    context.set_default_timeout(8000)  # ms
    return context


async def _document(page: Page, picture: str) -> None:
    """The whole page, cut into columns where it is long."""
    await page.evaluate(REST)
    scene, size, scheme = picture.rsplit("-", 2)
    width, height = await page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    tall = -(-height // COLUMNS[size])
    parts = {f"-phone-{number + 1}" * (size == "phone"): (number * tall, tall) for number in range(COLUMNS[size])}
    if (scene, size) == ("admin-dashboard", "desk"):
        parts["-top"] = (0, TOP)
    session = await page.context.new_cdp_session(page)
    for part, (y, part_height) in parts.items():
        clip = {"x": 0, "y": y, "width": width, "height": part_height, "scale": 1}
        asked = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
        taken = await session.send("Page.captureScreenshot", asked)
        name = DOCUMENTED[scene] + part + "-dark" * (scheme == "dark")
        (DOCS / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


async def _picture(page: Page, name: str) -> None:
    await page.evaluate(REST)
    await page.evaluate(WITHOUT_DIRECTIVES)
    await page.screenshot(path=BUILD / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main(sys.argv[1:])
