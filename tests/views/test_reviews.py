"""What people are told of who read their conversations."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from chat import reviews
from chat.models import Conversation, ReviewRecord, User
from tests.admin.test_hostile import Elements
from tests.hostile import HOSTILE
from tests.spending import conversation_of

URL, WHY = "/accounts/readings/", "Ticket 4711: a complaint"
pytestmark = pytest.mark.django_db


@pytest.fixture
def told(settings):
    settings.CHAT_REVIEW_VISIBLE_TO_OWNER = True


def page_of(browser, **query):
    response = browser.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def test_unless_the_site_says_so_there_is_no_such_page_and_no_link(client_of, alice):
    assert client_of(alice).get(URL).status_code == 404
    assert URL not in client_of(alice).get("/").content.decode()


def test_it_says_who_read_what_when_and_why(client_of, told, alice, admin):
    conversation = conversation_of(alice, title="Sky")
    reviews.record_reading(admin, conversation, WHY)
    reviews.record_export(admin, Conversation.objects.all(), "A yearly audit")
    User.objects.filter(pk=alice.pk).update(timezone="Asia/Tokyo")
    ReviewRecord.objects.update(at=datetime(2026, 3, 28, 20, 30, tzinfo=UTC))
    html = page_of(client_of(alice))
    for part in (
        "admin",
        "Sky",
        f"/c/{conversation.pk}/",
        WHY,
        "29 March 2026, 05:30",
        "A yearly audit",
        "in an export",
    ):
        assert part in html
    assert URL in client_of(alice).get("/").content.decode()


def test_it_says_nothing_of_what_is_another_s(client_of, told, alice, bob, admin):
    reviews.record_reading(admin, conversation_of(alice, title="Sky"), WHY)
    html = page_of(client_of(bob))
    assert "Nobody but you has read your chats." in html
    assert WHY not in html


def test_a_deleted_conversation_is_still_told_of(client_of, told, alice, admin):
    conversation = conversation_of(alice)
    reviews.record_reading(admin, conversation, WHY)
    conversation.delete()
    html = page_of(client_of(alice))
    assert "A deleted chat" in html
    assert WHY in html


def test_there_are_fifty_on_a_page(client_of, told, alice, admin):
    Conversation.objects.bulk_create(Conversation(owner=alice) for _ in range(60))
    reviews.record_export(admin, Conversation.objects.all(), WHY)
    assert page_of(client_of(alice)).count(WHY) == 50
    assert page_of(client_of(alice), p="2").count(WHY) == 10
    assert page_of(client_of(alice), p="nonsense").count(WHY) == 50


def test_whatever_reviewers_and_models_write_stays_text(client_of, told, alice, admin):
    for text in HOSTILE:
        conversation = conversation_of(alice, title=text[:200])
        names = {"reader_name": text[:150], "owner_name": text[:150]}
        ReviewRecord.objects.create(conversation=conversation, owner=alice, reason=text, at=timezone.now(), **names)
    elements = Elements(page_of(client_of(alice)))
    usual = "html head meta title link body main p a h1 h2 ol li bdi span time"
    assert {names[0] for names in elements.found} == set(usual.split())
    assert not [name for names in elements.found for name in names[1:] if name.startswith("on")]
    assert not elements.links & {"javascript", "data"}
