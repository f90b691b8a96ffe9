"""The command that a timer runs."""

import pytest
from django.core.management import CommandError, call_command

from chat import holds
from chat.models import Conversation
from tests.spending import conversation_of
from tests.test_retention import aged

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(capsys):
    def run(*words):
        call_command("expire_texts", *words)
        return capsys.readouterr().out

    return run


def test_without_a_number_of_days_it_keeps_everything_and_says_so(said, alice, settings):
    settings.CHAT_RETENTION_DAYS = None
    aged(conversation_of(alice), 1000)
    assert "Everything is kept" in said()
    assert Conversation.objects.count() == 1


def test_it_says_what_it_did(said, alice, settings, admin):
    settings.CHAT_RETENTION_DAYS = 90
    aged(conversation_of(alice, turns=2), 91)
    holds.set_hold(admin, aged(conversation_of(alice), 91), "Case 4711")
    assert said().startswith("Deleted: 1 conversation with 4 messages, untouched for 90 days (since ")
    assert said().endswith("On legal hold, and kept: 1.\n")
    assert said().startswith("Deleted: 0 conversations with 0 messages")


def test_a_dry_run_deletes_nothing(said, alice):
    aged(conversation_of(alice), 11)
    assert said("--days", "10", "--dry-run").startswith("Would be deleted: 1 conversation with 2 messages")
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("days", ["0", "-1", "99999"])
def test_days_that_make_no_sense_are_refused(said, alice, days):
    conversation_of(alice)
    with pytest.raises(CommandError, match="make no sense"):
        said("--days", days)
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("words", [("--way", "anonymise"), ()])
def test_it_makes_texts_anonymous_instead(said, alice, settings, words):
    settings.CHAT_RETENTION_DAYS, settings.CHAT_RETENTION = 90, "delete" if words else "anonymise"
    aged(conversation_of(alice, turns=2), 91)
    assert said("--dry-run", *words).startswith("Would be made anonymous: 1 conversation with 4 messages")
    assert Conversation.objects.of(alice).count() == 1
    assert said(*words).startswith("Made anonymous: 1 conversation with 4 messages, untouched for 90 days (since ")
    assert not Conversation.objects.of(alice).exists()
    assert said(*words).startswith("Made anonymous: 0 conversations")
    assert said("--way", "delete").startswith("Deleted: 1 conversation")


def test_another_way_is_refused(said):
    with pytest.raises(CommandError, match="invalid choice: 'burn'"):
        said("--days", "90", "--way", "burn")
