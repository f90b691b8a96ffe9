"""A page with nothing on it but the rendering modules, and a way to show Markdown on it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from tests.page.conftest import loop_fixture, session_fixture
from tests.page.render.strict import READY, served

SHOW = """async ([pieces, options]) => {
  const place = document.getElementById("answer");
  place.replaceChildren();
  window.view = new AnswerView(place, options);
  for (const piece of pieces) {
    view.append(piece);
    if (pieces.length > 1) await new Promise(requestAnimationFrame);
  }
  await view.end();
  await settled();
  return place.innerHTML;
}"""

Show = Callable[..., Awaitable[str]]


@session_fixture
async def strict_address():
    async with served() as address:
        yield address


@loop_fixture
async def sheet(page, strict_address):
    await page.goto(strict_address)
    await page.wait_for_selector(READY, state="attached")
    return page


@pytest.fixture
def show(sheet) -> Show:
    return shows_on(sheet)


def shows_on(page: Page) -> Show:
    """Renders a text through an `AnswerView`, in this many pieces; returns the HTML it ends as."""

    async def show(text: str, pieces: int = 1, **options) -> str:
        size = max(-(-len(text) // pieces), 1)
        cut = [text[at : at + size] for at in range(0, len(text), size)]
        return await page.evaluate(SHOW, [cut, options])

    return show
