"""Answers that mean harm: nothing in them runs or is fetched, with the page's policy and without it."""

import re

import pytest

from tests.page.render.conftest import shows_on
from tests.page.render.markdown import HOSTILE, OFFENCES
from tests.page.render.strict import READY, STATIC, served

pytestmark = pytest.mark.browser

SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|ContextualFragment|setHTML|\beval\b|Function\("
)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("policy", [True, False])
async def test_nothing_in_a_hostile_answer_runs_or_is_fetched(new_page, policy):
    page = await new_page()
    requests = []
    async with served() if policy else served(policy="") as address:
        await page.goto(address)
        await page.wait_for_selector(READY, state="attached")
        await page.evaluate("window.harms = 0; window.harmed = () => harms++; null")
        page.on("request", lambda request: requests.append(request.url))
        for text in HOSTILE:
            await shows_on(page)(text, pieces=3)
            assert await page.evaluate(OFFENCES, "#answer") == [], text
        assert await page.evaluate("harms") == 0
    assert [url for url in requests if not url.startswith(address)] == []


def test_no_html_is_ever_parsed():
    sources = {path.name: path.read_text() for path in (STATIC / "chat" / "render").glob("*.js")}
    assert sources
    assert [name for name, source in sources.items() if SINKS.search(source)] == []
