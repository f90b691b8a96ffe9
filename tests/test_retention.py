"""Texts that nobody has touched for long, and what is kept of them."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from django.db.models.signals import pre_delete
from django.utils import timezone

from chat import audit, conversations, holds, retention, search
from chat.models import Conversation, LegalHold, Message, ReviewNote, ReviewRecord, SearchEntry, UsageRecord
from chat.models.keys import Keys
from tests.asking import ME, begin, refused
from tests.spending import conversation_of, message_in

pytestmark = pytest.mark.django_db


def aged(conversation, days):
    """As if it had been touched so many days ago last."""
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now() - timedelta(days=days))
    return conversation


def expire(days=30):
    return sum((each.conversations for each in retention.expire(timezone.now() - timedelta(days=days))), 0)


def test_what_nobody_has_touched_is_deleted_and_the_rest_kept(alice, bob):
    aged(conversation_of(alice, turns=3), 31)
    aged(conversation_of(bob), 400)
    young = aged(conversation_of(alice), 29)
    assert expire() == 2
    assert Conversation.objects.get() == young
    assert set(Message.objects.values_list("conversation", flat=True)) == {young.pk}


def test_every_cent_is_kept(alice, bob):
    for person in (alice, bob):
        aged(conversation_of(person, turns=3), 31)
    before = UsageRecord.objects.aggregate(Sum("cost"))
    assert expire() == 2
    assert UsageRecord.objects.aggregate(Sum("cost")) == before
    assert UsageRecord.objects.filter(user=alice).count() == 3
    assert not list(audit.problems(audit.settled()))


def test_a_second_time_there_is_nothing_left_to_do(alice):
    aged(conversation_of(alice), 31)
    assert (expire(), expire()) == (1, 0)


@pytest.mark.parametrize("state", ["queued", "streaming"])
def test_what_is_being_answered_is_left_alone(alice, state):
    running = conversation_of(alice)
    message_in(running, running.messages.last(), "assistant", "", state=state)
    assert expire(days=-1) == 0
    assert running.messages.count() == 3


def test_what_is_touched_while_it_is_about_to_go_stays(alice, monkeypatch):
    chat, gone = (aged(conversation_of(alice), 31) for _ in range(2))
    keys = conversations.Keys

    def read_then_touch(rows):
        read = keys(rows)
        Conversation.objects.filter(pk=chat.pk).update(updated_at=timezone.now())
        return read

    monkeypatch.setattr(conversations, "Keys", read_then_touch)
    assert expire() == 1
    assert Conversation.objects.get() == chat
    assert not Conversation.objects.filter(pk=gone.pk).exists()


def test_what_is_on_legal_hold_stays_until_it_is_released(alice, admin):
    chat = aged(conversation_of(alice), 400)
    holds.set_hold(admin, chat, "Case 4711")
    assert expire() == 0
    holds.release(admin, chat, "Case 4711 is closed")
    assert expire() == 1


def test_the_record_of_who_read_and_held_it_stays_and_the_notes_go(alice, admin):
    chat = aged(conversation_of(alice), 400)
    ReviewRecord.objects.create(
        reader=admin,
        reader_name="admin",
        owner=alice,
        owner_name="alice",
        conversation=chat,
        reason="x",
        at=chat.updated_at,
    )
    ReviewNote.objects.create(conversation=chat, author=admin, author_name="admin", text="She said so.")
    holds.set_hold(admin, chat, "Case 4711")
    holds.release(admin, chat, "Case 4711 is closed")
    assert expire() == 1
    assert ReviewRecord.objects.get().conversation_id == LegalHold.objects.get().conversation_id == chat.pk
    assert not ReviewNote.objects.exists()


def test_nothing_of_it_is_found_any_more(alice):
    chat = aged(conversation_of(alice, turns=0, title="Jabberwocky"), 400)
    message_in(chat, None, "user", "Beware the frumious bandersnatch")
    search.rebuild([chat.pk])
    for word in ("jabberwocky", "bandersnatch"):
        assert Conversation.objects.filter(search.find(word).found).get() == chat
    assert expire() == 1
    assert not SearchEntry.objects.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM chat_searchwords WHERE chat_searchwords MATCH 'bandersnatch'")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("count", [1, 5])
def test_the_number_of_queries_of_a_batch_does_not_grow(alice, count, django_assert_max_num_queries):
    for _ in range(count):
        aged(conversation_of(alice, turns=count), 31)
    with django_assert_max_num_queries(25):
        assert expire() == count


@pytest.mark.django_db(transaction=True)
def test_side_by_side_each_is_deleted_once(alice, monkeypatch):
    monkeypatch.setattr(conversations, "BATCH", 2)
    for _ in range(30):
        aged(conversation_of(alice), 31)
    begin, done = Barrier(3), []

    def run():
        begin.wait()
        done.append(expire())
        connections.close_all()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 30
    assert not Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_what_somebody_is_writing_to_is_not_waited_for(alice):
    busy, idle = (aged(conversation_of(alice), 31) for _ in range(2))
    locked, over = (Barrier(2, timeout=10) for _ in range(2))

    def write():
        try:
            with transaction.atomic():
                Conversation.objects.filter(pk=busy.pk).update(archived=True)
                locked.wait()
                over.wait()
        finally:
            connections.close_all()

    thread = Thread(target=write)
    thread.start()
    locked.wait()
    assert expire() == 1
    over.wait()
    thread.join()
    assert Conversation.objects.get() == busy
    assert not Conversation.objects.filter(pk=idle.pk).exists()


def test_a_question_since_it_was_chosen_keeps_it(alice, monkeypatch):
    chat = aged(conversation_of(alice), 31)
    portions = Keys.portions

    def chosen(keys, size):
        for portion in portions(keys, size):
            begin(alice, conversation=chat.pk, runner=ME)
            yield portion

    monkeypatch.setattr(Keys, "portions", chosen)
    assert expire() == 0
    assert Conversation.objects.get() == chat
    assert Message.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_question_while_it_is_deleted_waits_and_is_refused(alice):
    chat = aged(conversation_of(alice), 31)
    answers = []

    def ask():
        with refused("not_found") as refusal:
            begin(alice, conversation=chat.pk, runner=ME)
        answers.append(refusal.value.code)
        connections.close_all()

    thread = Thread(target=ask)

    def ask_now(**_):
        thread.start()
        while thread.is_alive() and not somebody_waits():
            thread.join(0.01)

    pre_delete.connect(ask_now, sender=Conversation)
    try:
        assert expire() == 1
    finally:
        pre_delete.disconnect(ask_now, sender=Conversation)
    thread.join()
    assert answers == ["not_found"]
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()


def somebody_waits():
    """Whether a transaction waits for what another has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]
