"""Whatever people and models write stays text: each page has the same elements for it as for a harmless word."""

from html.parser import HTMLParser

import pytest
from asgiref.sync import sync_to_async

from chat.admin import transcript
from chat.models import Conversation, User
from tests.admin.office import blocks_of, row_pages_full_of, said, shared_pages
from tests.hostile import HOSTILE
from tests.page.render import markdown
from tests.spending import conversation_of

pytestmark = pytest.mark.any_database
TOGETHER = 7
"""Texts that are shown by the pages of many rows before these are read again: the dashboard has ten."""
# As `providers.translate` has it: no database is given a NUL.
SAID = {text: blocks_of(text) for text in HOSTILE} | {
    text: [{"type": "text", "text": text}] for text in (each.replace("\0", "\ufffd") for each in markdown.HOSTILE)
}
RENDER = """async () => {
  const left = () => document.querySelector("[data-part=markdown]:not([data-rendered])");
  for (let place = left(); place; place = left()) {
    place.closest("li").scrollIntoView();
    await new Promise(requestAnimationFrame);
  }
}"""
ASKED = "[...document.querySelectorAll('.message.user [data-part=text]')].map(question => question.textContent)"


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and where its links lead."""

    def __init__(self, html):
        super().__init__()
        self.found, self.links = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *(name for name, _ in attrs)))
        self.links |= {
            (value or "").strip().partition(":")[0].lower() for name, value in attrs if name in ("href", "src")
        }


def test_it_is_escaped_on_every_page(office):
    harmless = [names_on(office, url) for url in row_pages_full_of("harmless " * 30)]
    shared = {url: names_on(office, url) for url in shared_pages()}
    for start in range(0, len(HOSTILE), TOGETHER):
        for text in HOSTILE[start : start + TOGETHER]:
            for url, known in zip(row_pages_full_of(text), harmless, strict=True):
                assert names_on(office, url) <= known, (text, url)
        for url, known in shared.items():
            assert names_on(office, url) <= known, url


def names_on(office, url):
    """The names of the elements of a page and of their attributes; none of them runs anything."""
    response = office.get(url)
    assert response.status_code == 200
    elements = Elements(response.content.decode())
    assert not elements.links & {"javascript", "data"}
    assert not [name for names in elements.found for name in names[1:] if name.startswith("on")]
    return {name for names in elements.found for name in names}


def test_a_deleted_one_is_escaped_in_messages_and_recent_actions(office, db):
    for text in HOSTILE:
        chat = conversation_of(User.objects.create(username=text[:150]), turns=0, title=text[:200])
        office.post(f"/admin/chat/conversation/{chat.pk}/delete/", {"post": "yes"})
        assert not Conversation.objects.filter(pk=chat.pk).exists()
    for url in ("/admin/chat/conversation/", "/admin/"):
        elements = Elements(office.get(url).content.decode())
        ours = [names for names in elements.found if names[0] == "svg" and "class" in names]  # charts
        foreign = [names for names in elements.found if names[0] in ("img", "svg", "iframe") and names not in ours]
        assert not [names for names in foreign if len(names) > 4]
        assert not [names for names in elements.found if any(name.startswith("on") for name in names[1:])]
        assert [names for names in elements.found if names == ("script",)] == []


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_nothing_in_a_transcript_or_in_titles_runs_or_is_fetched(desk, context, page, admin, monkeypatch):
    monkeypatch.setattr(transcript, "PAGE", 2 * len(SAID))
    url, cookie = desk
    conversation = await sync_to_async(said)(admin, SAID)
    for text in HOSTILE:
        await sync_to_async(conversation_of)(admin, turns=0, title=text[:200])
    await context.add_cookies([cookie])
    requests = []
    page.on("request", lambda request: requests.append(request.url.removeprefix(url)))
    pages = [f"/admin/chat/conversation/{path}" for path in ("", f"{conversation.pk}/change/")]
    for each in pages:
        await page.goto(url + each)
        assert await page.evaluate("window.ran") is None
    assert await page.evaluate(ASKED) == list(SAID)
    await page.evaluate(RENDER)
    assert await page.locator("[data-rendered]").count() >= len(SAID)
    assert await page.evaluate(markdown.OFFENCES, "[data-rendered]") == []
    assert await page.evaluate("window.ran") is None
    assert [each for each in requests if not each.startswith((*pages[1:], "/static/", "data:"))] == [
        pages[0],
        "/admin/jsi18n/",
    ]
