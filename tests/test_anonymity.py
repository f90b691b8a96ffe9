"""Texts without a person: what was said stays, who said it is gone, and what it cost stays where it was."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import anonymity, audit, holds, people, reports, retention, reviews, search
from chat.models import Conversation, LegalHold, Message, ReviewNote, ReviewRecord, UsageRecord, User
from chat.retention import Way
from tests.spending import conversation_of, message_in, turn_in
from tests.test_retention import aged

pytestmark = pytest.mark.django_db


def expire(way=Way.ANONYMISE):
    return sum(each.conversations for each in retention.expire(timezone.now() - timedelta(days=30), way))


def kept():
    """The only conversation of nobody."""
    return Conversation.objects.get(owner__username=anonymity.NOBODY)


@pytest.fixture
def liddell(alice):
    """Alice with all her names."""
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Liddell", email="al@example.org")
    alice.refresh_from_db()
    return alice


def test_what_was_said_stays_as_nobody_s(alice):
    chat = aged(conversation_of(alice, turns=1, title="Trees", system_prompt="Be brief"), 31)
    asked = chat.messages.get(role="user")
    turn_in(chat, chat.messages.get(role="assistant"), "And birches?", "White")
    message_in(chat, asked, "assistant", "Another", state="failed", error_code="overloaded", model=chat.model)
    aged(chat, 31)
    before = tree(chat)
    assert expire() == 1
    assert not Conversation.objects.of(alice).exists()
    found = kept()
    assert (found.title, found.system_prompt, found.model) == ("Trees", "Be brief", chat.model)
    assert tree(found) == before
    assert found.message_count == 5


def tree(chat):
    """What was said, in its order and with what it answers."""
    fields = ("parent__text", "role", "text", "content", "model", "state", "error_code")
    return list(chat.messages.order_by("created_at").values_list(*fields))


def test_nothing_leads_from_it_to_its_owner_or_its_calls(alice, admin):
    chat = conversation_of(alice, turns=2)
    reviews.record_reading(admin, chat, "Ticket 4711: a complaint")
    reviews.write_note(admin, chat, "She said so.")
    holds.set_hold(admin, chat, "Case 4711")
    holds.release(admin, chat, "Case 4711 is closed")
    ids = {aged(chat, 31).pk, *chat.messages.values_list("pk", flat=True)}
    assert expire() == 1
    assert not ids & {kept().pk, *Message.objects.values_list("pk", flat=True)}
    assert not UsageRecord.objects.exclude(message=None).exists()
    assert not ReviewNote.objects.exists()
    assert ReviewRecord.objects.get().conversation_id == LegalHold.objects.get().conversation_id == chat.pk
    assert kept().spent == 0
    assert not kept().owner.is_active
    assert not kept().owner.has_usable_password()


def test_of_its_times_the_days_stay(alice, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    chat = conversation_of(alice, turns=2)
    late = datetime(2026, 3, 1, 22, 59, 59, tzinfo=UTC)
    Conversation.objects.filter(pk=chat.pk).update(created_at=late, updated_at=late + timedelta(hours=2))
    chat.messages.update(created_at=late, ended_at=late, heartbeat=late, runner="web:1:1")
    assert expire() == 1
    midnight = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert (kept().created_at, kept().updated_at) == (midnight, midnight + timedelta(days=1))
    said = Message.objects.order_by("created_at").values_list("created_at", "ended_at", "heartbeat", "runner")
    assert list(said) == [(midnight + timedelta(seconds=number), None, None, "") for number in range(4)]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("I am Alice Liddell.", "I am [name] [name]."),
        ("alice, ALICE and al@example.org", "[name], [name] and [name]"),
        ("Alice's malice, liddells", "[name]'s malice, liddells"),
        ("al is no name of hers", "al is no name of hers"),
    ],
)
def test_the_names_of_its_owner_are_taken_out(liddell, said, left):
    chat = conversation_of(liddell, turns=0, title=said, system_prompt=said)
    blocks = [
        {"type": "alice", "text": said, "citations": [{"type": "x", "title": said}]},
        {"type": "tool_use", "id": "alice", "name": "alice", "input": {"alice": said, "n": 1, "on": None}},
    ]
    message_in(chat, None, "assistant", said, content=blocks, error_detail=said)
    aged(chat, 31)
    assert expire() == 1
    message = kept().messages.get()
    assert (kept().title, kept().system_prompt, message.text, message.error_detail) == (left,) * 4
    assert message.content == [
        {"type": "alice", "text": left, "citations": [{"type": "x", "title": left}]},
        {"type": "tool_use", "id": "alice", "name": "alice", "input": {"alice": left, "n": 1, "on": None}},
    ]


def test_a_title_that_names_make_longer_is_cut(alice):
    User.objects.filter(pk=alice.pk).update(username="a")
    aged(conversation_of(alice, title="a " * 100), 31)
    assert expire() == 1
    assert len(kept().title) <= 200


def test_every_cent_stays_with_who_spent_it(alice, bob):
    for person in (alice, bob):
        aged(conversation_of(person, turns=3), 31)
    before = reports.totals_by(UsageRecord.objects.all(), "user")
    assert expire() == 2
    assert reports.totals_by(UsageRecord.objects.all(), "user") == before
    assert UsageRecord.objects.aggregate(Sum("cost")) == {"cost__sum": sum(each.cost for each in before.values())}
    assert not list(audit.problems(audit.settled()))


def test_it_is_done_once_and_goes_with_the_next_that_are_deleted(alice):
    aged(conversation_of(alice), 31)
    assert [expire(), expire(), expire(Way.DELETE), expire(Way.DELETE)] == [1, 0, 1, 0]
    assert not Conversation.objects.exists()


def test_one_in_which_nothing_was_said_is_deleted(alice):
    aged(conversation_of(alice, turns=0), 31)
    assert expire() == 1
    assert not Conversation.objects.exists()


def test_what_is_young_held_or_being_answered_is_left_alone(alice, admin):
    young, held, running = (aged(conversation_of(alice), days) for days in (29, 31, 31))
    holds.set_hold(admin, held, "Case 4711")
    message_in(running, running.messages.last(), "assistant", "", state="streaming")
    aged(running, 31)
    assert expire() == 0
    assert set(Conversation.objects.of(alice)) == {young, held, running}


def test_it_is_found_by_its_words_and_not_by_its_owner(liddell):
    aged(conversation_of(liddell, turns=0, title="Jabberwocky"), 31)
    chat = Conversation.objects.get()
    message_in(chat, None, "user", "Liddell met a bandersnatch")
    aged(chat, 31)
    assert expire() == 1
    for words, found in (("jabberwocky", [kept()]), ("bandersnatch", [kept()]), ("liddell", [])):
        assert list(Conversation.objects.filter(search.find(words).found)) == found
        assert not Conversation.objects.filter(search.find(words, owners=[liddell.pk]).found).exists()


@pytest.mark.django_db(transaction=True)
def test_it_outlives_the_account(alice):
    aged(conversation_of(alice), 31)
    assert expire() == 1
    people.delete(alice)
    assert kept().messages.count() == 2


def test_the_number_of_queries_of_a_batch_does_not_grow(alice):
    counts = []
    for count in (1, 6):
        for _ in range(count):
            aged(conversation_of(alice, turns=count), 31)
        with CaptureQueriesContext(connection) as captured:
            assert expire() == count
        counts.append(len(captured))
    # The first time also makes the account, in a savepoint.
    assert counts[1] <= counts[0]


def test_its_page_in_the_administration_leads_to_no_person(client_of, admin, alice):
    aged(conversation_of(alice), 31)
    assert expire() == 1
    reviews.record_reading(admin, kept(), "Ticket 4711: a complaint")
    browser = client_of(admin)
    page = browser.get(f"/admin/chat/conversation/{kept().pk}/change/").content.decode()
    assert "(anonymous)" in page
    assert "Answer 0" in page
    assert "/admin/chat/user/" not in page.partition('<dl class="about">')[2].partition("</dl>")[0]
    assert "(anonymous)" not in browser.get("/admin/chat/user/").content.decode()
