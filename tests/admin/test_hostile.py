"""Whatever people and models write stays text: each page has the same elements for it as for a harmless word."""

from html.parser import HTMLParser

import pytest

from chat.models import Conversation
from tests.admin.office import pages_full_of, shown_rows
from tests.hostile import HOSTILE

pytestmark = pytest.mark.any_database


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
    harmless = [names_on(office, url) for url in pages_full_of("harmless " * 30)]
    for text in HOSTILE:
        for url, known in zip(pages_full_of(text), harmless, strict=True):
            assert names_on(office, url) <= known, (text, url)


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
        chat = shown_rows(text)["unopened"]
        office.post(f"/admin/chat/conversation/{chat.pk}/delete/", {"post": "yes"})
        assert not Conversation.objects.filter(pk=chat.pk).exists()
    for url in ("/admin/chat/conversation/", "/admin/"):
        elements = Elements(office.get(url).content.decode())
        ours = [names for names in elements.found if names[0] == "svg" and "class" in names]  # charts
        foreign = [names for names in elements.found if names[0] in ("img", "svg", "iframe") and names not in ours]
        assert not [names for names in foreign if len(names) > 4]
        assert not [names for names in elements.found if any(name.startswith("on") for name in names[1:])]
        assert [names for names in elements.found if names == ("script",)] == []
