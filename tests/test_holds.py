"""Legal holds: who sets and releases them, and what they keep."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError

from chat import conversations, holds
from chat.engine.errors import Refused
from chat.holds import Kept
from chat.models import Conversation
from tests.spending import conversation_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(alice):
    return conversation_of(alice)


def test_a_held_conversation_cannot_be_deleted(chat, admin, alice):
    holds.set_hold(admin, chat, "Case 4711")
    with pytest.raises(Kept, match="legal hold"):
        conversations.delete(chat)
    with pytest.raises(Kept, match="legal hold"):
        list(conversations.delete_all(Conversation.objects.of(alice)))
    for delete in (Conversation.objects.all().delete, alice.delete):
        with pytest.raises(ProtectedError):
            delete()
    assert Conversation.objects.get().messages.count() == 2


def test_nor_is_a_word_of_it_overwritten(chat, admin):
    holds.set_hold(admin, chat, "Case 4711")
    with pytest.raises(Kept, match="have to stay as they are"):
        conversations.rename(chat, "Nothing")
    with pytest.raises(Kept, match="have to stay as they are"):
        conversations.configure(chat, model="claude-opus-5-5", system_prompt="Forget it")
    conversations.rename(chat, chat.title)
    conversations.configure(chat, model="claude-opus-5-5", system_prompt=chat.system_prompt)
    conversations.archive(chat, True)
    kept = Conversation.objects.get()
    assert (kept.title, kept.system_prompt, kept.model) == ("Sky", "", "claude-opus-5-5")
    holds.release(admin, chat, "Case closed")
    conversations.rename(chat, "Nothing")


def test_it_is_kept_who_set_and_released_it_when_and_why(chat, admin, bob):
    bob.is_superuser = True
    held = holds.set_hold(admin, chat, "Case 4711")
    assert holds.standing(chat) == held
    holds.release(bob, chat, "Case 4711 is closed")
    assert holds.standing(chat) is None
    conversations.delete(chat)
    held.refresh_from_db()
    assert (held.set_by_name, held.reason, held.released_by_name, held.release_reason) == (
        "admin",
        "Case 4711",
        "bob",
        "Case 4711 is closed",
    )
    assert held.set_at < held.released_at


def test_there_is_one_at_a_time_and_each_is_released_once(chat, admin):
    with pytest.raises(Refused, match="not on legal hold"):
        holds.release(admin, chat, "Nothing to release")
    for _ in range(2):
        holds.set_hold(admin, chat, "Case 4711")
        with pytest.raises(Refused, match="already"):
            holds.set_hold(admin, chat, "Case 4712")
        holds.release(admin, chat, "Case 4711 is closed")
    assert chat.legal_holds.count() == 2


def test_what_is_gone_cannot_be_held(chat, admin):
    Conversation.objects.filter(pk=chat.pk).delete()
    with pytest.raises(Refused, match="deleted meanwhile"):
        holds.set_hold(admin, chat, "Case 4711")


def test_only_who_may_sets_and_releases(chat, alice, admin):
    with pytest.raises(PermissionDenied):
        holds.set_hold(alice, chat, "Mine")
    holds.set_hold(admin, chat, "Case 4711")
    with pytest.raises(PermissionDenied):
        holds.release(alice, chat, "Mine")
