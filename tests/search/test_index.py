"""The index is true, whatever happens to messages and titles."""

import pytest
from django.db import connection

from chat import conversations, search, turns
from chat.engine.events import Outcome
from chat.models import Conversation, Message, SearchEntry
from chat.turns import Snapshot
from tests.asking import ME, begin, said
from tests.spending import conversation_of, message_in

pytestmark = pytest.mark.django_db(transaction=True)


def found(term):
    return Conversation.objects.filter(search.find(term).found).count()


def integrity():
    """SQLite compares its full-text table with what it is made of; elsewhere the index is the table's own."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO chat_searchwords(chat_searchwords, rank) VALUES ('integrity-check', 1)")


@pytest.fixture(autouse=True)
def sound():
    yield
    integrity()


def test_a_question_is_found_at_once_and_its_answer_when_it_is_over(alice):
    begun = begin(alice, runner=ME)
    assert (found("sky"), found("rayleigh")) == (1, 0)
    turns.end(Snapshot(begun.turn, [said("Rayleigh scattering")]), Outcome.STOPPED)
    assert found("rayleigh") == 1


def test_an_open_answer_leaves_the_index_alone(alice):
    begun = begin(alice, runner=ME)
    before = list(SearchEntry.objects.values_list("pk", flat=True))
    for text in ("Rayleigh", "Rayleigh scattering"):
        turns.save(ME, [begun.turn], [Snapshot(begun.turn, [said(text)])])
    assert list(SearchEntry.objects.values_list("pk", flat=True)) == before
    assert found("rayleigh") == 0


def test_an_answer_that_is_over_twice_is_indexed_once(alice):
    begun = begin(alice, runner=ME)
    for text in ("first", "second"):
        turns.end(Snapshot(begun.turn, [said(text)]), Outcome.COMPLETE)
    assert (found("first"), found("second")) == (1, 0)


@pytest.mark.parametrize("text", ["word " * 400_000, "中" * 500_000, "\ufdfa" * 300_000, "x" * 2_000_000])
def test_the_longest_answers_can_be_kept(alice, text):
    begun = begin(alice, runner=ME)
    assert turns.end(Snapshot(begun.turn, [said("Rayleigh " + text)]), Outcome.COMPLETE)
    assert found("rayleigh") == 1


def test_the_longest_words_and_all_positions_can_be_kept(alice):
    chat = conversation_of(alice, turns=0, title="")
    message_in(chat, None, "user", " ".join(f"{number:064d}" for number in range(1500)))
    message_in(chat, None, "user", "a b " * 9_000)
    assert found(f'"{0:064d} {1:064d}"') == 1
    assert found('"a b"') == 1


def test_a_new_title_replaces_the_old(alice):
    chat = conversation_of(alice, turns=0, title="Bees")
    conversations.rename(chat, "Wasps")
    assert (found("bees"), found("wasps")) == (0, 1)
    conversations.retitle(chat.pk, provisional="Wasps", title="Hornets")
    assert (found("wasps"), found("hornets")) == (0, 1)


def test_what_is_deleted_is_not_found(alice):
    chat = conversation_of(alice, title="Bees")
    conversation_of(alice, title="Other")
    conversations.delete(chat)
    assert (found("bees"), found("answer")) == (0, 1)
    alice.conversations.all().delete()
    assert not SearchEntry.objects.exists()


def test_a_text_that_was_emptied_is_not_found(alice):
    message = message_in(conversation_of(alice, turns=0, title="Bees"), None, "user", "secret")
    Message.objects.filter(pk=message.pk).update(text="", content=[])
    Conversation.objects.update(title="")
    search.index([message.pk])
    search.index_title(message.conversation_id)
    assert (found("secret"), found("bees"), SearchEntry.objects.count()) == (0, 0, 0)


def test_it_can_be_built_anew(alice):
    chats = [conversation_of(alice, title=f"Bees {number}") for number in range(3)]
    SearchEntry.objects.all().delete()
    assert found("bees") == 0
    search.rebuild([chat.pk for chat in chats])
    search.rebuild([chat.pk for chat in chats])
    assert (found("bees"), found("answer"), SearchEntry.objects.count()) == (3, 3, 9)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite may give rows other numbers")
def test_it_outlives_a_vacuum(alice):
    gone, kept = (conversation_of(alice, title=title) for title in ("Bees", "Wasps"))
    conversations.delete(gone)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    assert Conversation.objects.filter(search.find("wasps").found).get() == kept
    conversations.rename(kept, "Hornets")
    assert (found("wasps"), found("hornets"), found("answer")) == (0, 1, 1)
