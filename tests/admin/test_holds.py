"""Legal holds in the administration."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from chat import conversations, holds
from chat.models import Conversation, LegalHold, User
from tests.spending import conversation_of

LIST = "/admin/chat/conversation/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(alice):
    return conversation_of(alice, title="Grin")


def hold_page(chat):
    return f"{LIST}{chat.pk}/hold/"


def test_it_is_set_and_released_with_a_reason_and_the_page_says_so(office, chat):
    assert "Set a legal hold" in office.get(hold_page(chat)).content.decode()
    page = office.post(hold_page(chat), {"reason": "Case 4711", "set": "1"}, follow=True).content.decode()
    assert "The conversation is on legal hold." in page
    assert ", by <bdi>admin</bdi>" in page
    assert "<bdi>Case 4711</bdi>" in page
    assert 'title="Case 4711">since ' in office.get(f"{LIST}{chat.pk}/change/").content.decode()
    page = office.post(hold_page(chat), {"reason": "Case 4711 is closed", "release": "1"}, follow=True).content.decode()
    assert "The hold is released." in page
    assert "Case 4711 is closed" in page
    assert LegalHold.objects.get().released_by_name == "admin"


@pytest.mark.parametrize("reason", ["", "   ", "short", "x" * 501, "nul \0 nul nul"])
def test_a_reason_that_is_none_is_refused_with_a_sentence(office, chat, reason):
    page = office.post(hold_page(chat), {"reason": reason, "set": "1"})
    assert page.status_code == 200
    assert 'id="reason-problem"' in page.content.decode()
    assert holds.standing(chat) is None


def test_who_comes_second_is_told(office, chat, admin):
    holds.set_hold(admin, chat, "Case 4711")
    again = office.post(hold_page(chat), {"reason": "Case 4712", "set": "1"}, follow=True).content.decode()
    assert "already" in again
    office.post(hold_page(chat), {"reason": "Case 4711 is closed", "release": "1"})
    again = office.post(hold_page(chat), {"reason": "Case 4711 is closed", "release": "1"}, follow=True)
    assert "not on legal hold (any more)" in again.content.decode()


def test_it_needs_its_own_permission(client_of, chat):
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_conversation", "delete_conversation"]))
    assert client_of(clerk).get(hold_page(chat)).status_code == 403
    assert client_of(clerk).post(hold_page(chat), {"reason": "Case 4711", "set": "1"}).status_code == 403
    clerk.user_permissions.set(Permission.objects.filter(codename="hold_conversations"))
    assert client_of(clerk).get(hold_page(chat)).status_code == 200


def test_the_list_marks_and_finds_what_is_held(office, chat, alice, admin):
    conversation_of(alice, title="Tea")
    holds.set_hold(admin, chat, "Case 4711")
    assert office.get(LIST).content.decode().count(">on legal hold</span>") == 1
    for value, key in (("yes", chat.pk), ("no", Conversation.objects.exclude(pk=chat.pk).get().pk)):
        listed = office.get(LIST, {"hold": value}).content.decode()
        assert listed.count("field-heading") == 1
        assert str(key) in listed


def test_what_is_held_is_not_deleted_and_it_says_why(office, chat, admin):
    holds.set_hold(admin, chat, "Case 4711")
    for answer in (
        office.get(f"{LIST}{chat.pk}/delete/"),
        office.post(f"{LIST}{chat.pk}/delete/", {"post": "yes"}),
        office.post(LIST, {"action": "delete_selected", "_selected_action": [chat.pk], "post": "yes"}),
    ):
        assert "On legal hold: 1 of 1." in answer.content.decode()
    assert Conversation.objects.exists()


@pytest.mark.parametrize("several", [True, False])
def test_what_is_held_at_the_last_moment_is_not_deleted_either(office, chat, admin, monkeypatch, several):
    def hold_first(*args):
        if holds.standing(chat) is None:
            holds.set_hold(admin, chat, "Case 4711")

    monkeypatch.setattr("chat.admin.conversations.ConversationAdmin.log_deletions", hold_first)
    if several:
        fields = {"action": "delete_selected", "_selected_action": [chat.pk], "post": "yes"}
        answer = office.post(LIST, fields, follow=True)
    else:
        answer = office.post(f"{LIST}{chat.pk}/delete/", {"post": "yes"}, follow=True)
    assert holds.KEPT in answer.content.decode()
    assert Conversation.objects.filter(pk=chat.pk).exists()


def test_the_log_says_what_was_deleted_and_not_what_was_kept(office, chat, alice, admin, monkeypatch):
    chats = {str(each.pk): each for each in (chat, conversation_of(alice))}
    delete = conversations.delete

    def delete_one_and_hold_the_other(conversation):
        gone = str(conversation.pk)
        delete(conversation)
        for key in chats.keys() - {gone}:
            holds.set_hold(admin, chats[key], "Case 4711")

    monkeypatch.setattr(conversations, "delete", delete_one_and_hold_the_other)
    fields = {"action": "delete_selected", "_selected_action": list(chats), "post": "yes"}
    assert holds.KEPT in office.post(LIST, fields, follow=True).content.decode()
    assert {LogEntry.objects.get().object_id, str(Conversation.objects.get().pk)} == set(chats)


def test_the_log_keeps_no_title_of_what_was_deleted(office, chat):
    office.post(f"{LIST}{chat.pk}/delete/", {"post": "yes"})
    assert "Grin" not in LogEntry.objects.get().object_repr
