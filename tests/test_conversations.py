"""What people do to a conversation as a whole."""

import pytest

from chat import conversations
from chat.engine.errors import Refused
from chat.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(alice):
    return Conversation.objects.create(owner=alice, title="Old", model="claude-sonnet-5-5")


@pytest.fixture
def told(monkeypatch, django_capture_on_commit_callbacks):
    """The frames that the owner's tabs are told."""
    frames = []
    monkeypatch.setattr(conversations, "announce_sync", lambda owner, frame: frames.append(frame))
    return frames


def test_a_new_title_is_kept_and_told(chat, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        conversations.rename(chat, "  New\n title ")
    assert Conversation.objects.get().title == "New title"
    assert told == [{"type": "conversation", "conversation": str(chat.pk), "title": "New title"}]


def test_an_empty_title_is_refused(chat):
    with pytest.raises(Refused):
        conversations.rename(chat, " \n ")
    assert Conversation.objects.get().title == "Old"


def test_a_long_title_is_cut(chat):
    conversations.rename(chat, "x" * 500)
    assert len(Conversation.objects.get().title) == conversations.TITLE_LIMIT


def test_a_made_title_does_not_overwrite_a_persons(chat):
    assert conversations.retitle(chat.pk, provisional="First words", title="Made") is None
    assert Conversation.objects.get().title == "Old"


def test_a_made_title_is_given_back_as_it_is_kept(chat):
    assert conversations.retitle(chat.pk, provisional="Old", title=" \n ") is None
    made = conversations.retitle(chat.pk, provisional="Old", title="Made\n" + "x" * 500)
    assert made == Conversation.objects.get().title
    assert made.startswith("Made xxx")
    assert len(made) == conversations.TITLE_LIMIT


def test_a_deleted_conversation_is_told_after_the_commit(chat, told, django_capture_on_commit_callbacks):
    key = str(chat.pk)
    with django_capture_on_commit_callbacks(execute=True):
        conversations.delete(chat)
        assert told == []
    assert told == [{"type": "conversation", "conversation": key, "deleted": True}]


def test_only_an_offered_model_can_be_chosen(chat):
    conversations.configure(chat, model="claude-opus-5-5", system_prompt="Be brief.")
    with pytest.raises(Refused):
        conversations.configure(chat, model="claude-opus-4-5", system_prompt="")
    kept = Conversation.objects.get()
    assert (kept.model, kept.system_prompt) == ("claude-opus-5-5", "Be brief.")
