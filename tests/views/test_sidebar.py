"""The list of conversations and its search."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from chat.models import Conversation
from chat.views.sidebar import group_name, listing, marked
from tests.views.chats import answer, conversation_of, question, talk

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Previous 7 days"),
        (7, "Previous 7 days"),
        (8, "November"),
        (30, "October"),
        (400, "October 2025"),
    ],
)
def test_it_groups_by_the_age_in_days(days, name):
    assert group_name(TODAY - timedelta(days=days), TODAY) == name


def test_it_lists_the_newest_first_in_groups(alice):
    conversation_of(alice, "Old", days_old=400)
    conversation_of(alice, "New")
    conversation_of(alice, "Middle", days_old=3)
    groups = listing(alice).groups
    assert [group.items[0].title for group in groups] == ["New", "Middle", "Old"]
    assert [group.name for group in groups][:2] == ["Today", "Previous 7 days"]


def test_it_leaves_archived_ones_to_the_search(alice):
    chat = conversation_of(alice, "Put away")
    Conversation.objects.filter(pk=chat.pk).update(archived=True)
    assert listing(alice).groups == []
    assert listing(alice, query="away").groups[0].items[0].title == "Put away"


def test_it_shows_fifty_and_links_to_the_rest(client_of, alice):
    for number in range(120):
        conversation_of(alice, f"Chat {number:03}", days_old=number / 1000 + 20)
    client = client_of(alice)
    url, titles, headings = "/conversations/", [], []
    while url:
        page = client.get(url, headers={"X-Requested-With": "fetch"}).content.decode()
        titles += re.findall(r"<a [^>]*title=\"(Chat \d+)\"", page)
        headings += re.findall(r"<h2>", page)
        found = re.search(r'data-action="more" href="([^"]+)"', page)
        url = found[1].replace("&amp;", "&") if found else ""
    assert titles == [f"Chat {number:03}" for number in range(120)]
    assert len(headings) == 1


def test_it_does_not_lose_those_of_the_same_moment(alice):
    now = timezone.now()
    Conversation.objects.bulk_create(Conversation(owner=alice, title="Same", model="m") for _ in range(60))
    Conversation.objects.update(updated_at=now)
    first = [item.id for group in listing(alice).groups for item in group.items]
    rest = [item.id for group in listing(alice, before=first[-1]).groups for item in group.items]
    assert len(set(first + rest)) == 60


def test_it_finds_titles_and_text_in_any_case(alice):
    chat = talk(alice, "About bees")
    question(chat, "Tell me of the WAGGLE dance")
    assert listing(alice, query="BEES").groups[0].items[0].id == chat.pk
    assert listing(alice, query="waggle").groups[0].items[0].id == chat.pk
    assert listing(alice, query="wasps").groups == []


def test_it_shows_where_it_was_found(alice):
    chat = conversation_of(alice, "Insects")
    long = "word " * 100 + "the waggle dance" + " word" * 100
    said = answer(question(chat, "Well?"), long)
    item = listing(alice, query="Waggle").groups[0].items[0]
    assert "the <mark>waggle</mark> dance" in item.excerpt
    assert item.excerpt.startswith("… ")
    assert item.excerpt.endswith(" …")
    assert item.url == f"/c/{chat.pk}/?leaf={said.pk}#m-{said.pk}"


def test_it_shows_the_words_without_the_signs_of_markdown(alice):
    chat = conversation_of(alice, "Insects")
    table = "| Dance | Way |\n|:---|---:|\n| round | **near** |"
    answer(question(chat, "Well?"), f"## Of bees\n\n{table}\n\nSo `x = 2 - 1` stays, a---b too.")
    item = listing(alice, query="bees").groups[0].items[0]
    assert item.excerpt == "Of <mark>bees</mark> Dance Way round near So x = 2 - 1 stays, a---b too."


def test_it_shows_the_newest_message_that_has_it(alice):
    chat = conversation_of(alice, "Insects")
    asked = question(chat, "Of bees?")
    said = answer(asked, "Bees, yes.")
    assert listing(alice, query="bees").groups[0].items[0].url.endswith(f"#m-{said.pk}")


def test_it_shows_no_piece_of_what_only_the_title_has(alice):
    chat = talk(alice, "About bees")
    item = listing(alice, query="bees").groups[0].items[0]
    assert (item.url, item.excerpt) == (f"/c/{chat.pk}/", "")
    assert item.marked_title == "About <mark>bees</mark>"


def test_it_escapes_what_it_marks():
    assert marked("<b>bees</b>", [(3, 7)]) == "&lt;b&gt;<mark>bees</mark>&lt;/b&gt;"
    assert marked("a & b", [(0, 1), (4, 5)]) == "<mark>a</mark> &amp; <mark>b</mark>"
    assert marked("<i>", []) == "&lt;i&gt;"


def test_it_says_what_a_search_needs(client_of, alice):
    talk(alice, "100 %")
    client = client_of(alice)
    assert "A search needs a letter or a digit." in client.get("/conversations/?q=%25").content.decode()
    assert "Say also what to find" in client.get("/conversations/?q=-bees").content.decode()
    assert len(listing(alice, query="1\x0000 %").groups) == 1


def test_it_finds_nothing_of_somebody_else(alice, bob):
    talk(bob, "His bees")
    assert listing(alice, query="bees").groups == []


def test_it_needs_as_many_queries_for_fifty_as_for_one(client_of, alice, django_assert_num_queries):
    client = client_of(alice)
    for count in (1, 49):
        for number in range(count):
            talk(alice, f"Bees {number}")
        with django_assert_num_queries(3):
            client.get("/conversations/")
        with django_assert_num_queries(6):
            client.get("/conversations/?q=answer")


def test_it_is_a_page_of_its_own_for_browsers_without_scripts(client_of, alice):
    talk(alice, "Bees")
    client = client_of(alice)
    assert client.get("/conversations/?q=bees").content.startswith(b"<!doctype html>")
    fragment = client.get("/conversations/?q=bees", headers={"X-Requested-With": "fetch"}).content
    assert b"<html" not in fragment
    assert "Nothing found for “wasps”." in client.get("/conversations/?q=wasps").content.decode()


def test_it_lists_what_is_archived_apart(client_of, alice):
    away, here = conversation_of(alice, "Put away"), conversation_of(alice, "In use")
    Conversation.objects.filter(pk=away.pk).update(archived=True)
    [group] = listing(alice, archived=True).groups
    assert [item.title for item in group.items] == ["Put away"]
    page = client_of(alice).get("/conversations/?archived=1").content.decode()
    assert 'data-action="unarchive"' in page
    assert f'data-conversation="{here.pk}"' not in page


def test_it_goes_on_with_what_is_archived(alice):
    for number in range(51):
        conversation_of(alice, f"Chat {number}", days_old=number)
    Conversation.objects.update(archived=True)
    assert "archived=1&before=" in listing(alice, archived=True).more


@pytest.mark.parametrize(
    ("zone", "name"), [("", "Yesterday"), ("Pacific/Auckland", "Today"), ("Etc/Nowhere", "Yesterday")]
)
def test_days_begin_where_the_reader_is(client_of, alice, monkeypatch, zone, name):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 21, 9, tzinfo=UTC))  # 22:00 in Auckland
    chat = conversation_of(alice, "Late")
    Conversation.objects.filter(pk=chat.pk).update(updated_at=datetime(2026, 11, 20, 21, tzinfo=UTC))
    client = client_of(alice)
    client.cookies["timezone"] = zone
    page = client.get("/").content.decode()
    assert f"<h2>{name}</h2>" in page
    alice.refresh_from_db()
    assert alice.timezone == ("Pacific/Auckland" if name == "Today" else "")
