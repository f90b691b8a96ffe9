"""People and what they spent."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Permission
from django.db import connection

from chat import holds, people
from chat.models import Budget, Conversation, UsageRecord, User
from tests.admin.conftest import column
from tests.spending import conversation_of, message_in, record_of

LIST, BUDGETS = "/admin/chat/user/", "/admin/chat/budget/"


def test_it_shows_what_people_spent_and_how_much_they_talk(office, alice, bob):
    conversation_of(alice)
    record_of(alice, cost="1", days_ago=2)
    record_of(alice, cost="2", days_ago=40, exactness="estimated")
    page = office.get(LIST)
    assert column(page, "username") == ["admin", "alice", "bob"]
    assert column(page, "chats") == ["0", "1", "0"]
    assert column(page, "today") == ["–", "$0.01", "–"]
    assert column(page, "days") == ["–", "$1.01", "–"]
    assert column(page, "ever") == ["–", "~$3.01", "–"]


def test_it_orders_by_the_number_of_conversations(office, alice, bob):
    for owner in (alice, bob, bob):
        conversation_of(owner)
    assert column(office.get(LIST, {"o": "-4"}), "username") == ["bob", "alice", "admin"]


def _nulls_first():
    return connection.vendor == "sqlite"


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("-6", ["bob", "alice", "admin"]),
        ("-7", ["alice", "bob", "admin"]),
        ("7", ["admin", "bob", "alice"]),
        ("5.-1", ["bob", "admin", "alice"]),
        ("-5.1", ["alice", "admin", "bob"]),
    ],
)
def test_it_orders_by_what_people_spent(office, alice, bob, order, names):
    record_of(alice, cost="9", days_ago=40)
    record_of(alice, cost="1")
    record_of(bob, cost="2", days_ago=3)
    assert column(office.get(LIST, {"o": order}), "username") == names


def test_what_people_spent_on_past_days_is_read_from_rollups(office, alice):
    record_of(alice, cost="1")
    record_of(alice, cost="2", days_ago=3)
    assert column(office.get(LIST), "ever") == ["–", "$3.00"]
    UsageRecord.objects.update(cost=5)  # behind the ledger's back
    assert column(office.get(LIST), "ever") == ["–", "$7.00"]


def test_it_orders_by_when_people_were_last_active(office, alice, bob):
    for owner in (bob, alice):
        conversation_of(owner)
    assert column(office.get(LIST, {"o": "8"}), "username")[-1 if _nulls_first() else 1] == "alice"


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice):
    conversation_of(alice)
    few = queries_of(f"{LIST}?o=-7")
    for number in range(20):
        conversation_of(User.objects.create_user(f"user{number}"), turns=2)
    assert queries_of(f"{LIST}?o=-7") == few


def test_a_person_s_page_shows_spending_and_leads_to_the_records(office, alice):
    conversation_of(alice, turns=2)
    html = office.get(f"{LIST}{alice.pk}/change/").content.decode()
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "Today 2 300 $0.02 30 days 2 300 $0.02 All time 2 300 $0.02" in shown
    assert f"/admin/chat/usagerecord/?person={alice.pk}" in html
    assert f"/admin/chat/conversation/?person={alice.pk}" in html


@pytest.mark.parametrize("usable", [True, False])
def test_administrators_add_people(office, usable):
    password = "correct-horse-9"
    given = {"username": "carol", "usable_password": str(usable).lower(), "password1": password, "password2": password}
    response = office.post(f"{LIST}add/", given)
    assert response.status_code == 302
    carol = User.objects.get(username="carol")
    assert carol.has_usable_password() == usable
    assert carol.check_password(password) == usable


def test_deleting_a_person_says_what_goes_and_keeps_the_usage_records(office, alice):
    conversation_of(alice, turns=3)
    asked = office.get(f"{LIST}{alice.pk}/delete/").content.decode()
    assert "Conversations: 1" in asked
    assert "Messages: 6" in asked
    assert "What it cost stays to the last cent" in asked
    office.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
    assert Conversation.objects.count() == 0
    assert UsageRecord.objects.filter(user=alice).count() == 3
    assert column(office.get(LIST), "username") == ["admin"]
    assert office.get(f"{LIST}{alice.pk}/change/").status_code == 302


def test_a_deleted_person_leaves_no_name_in_the_log(office, alice):
    office.post(f"{LIST}{alice.pk}/change/", {"username": "alice"})
    office.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
    office.get(LIST)
    assert "alice" not in office.get("/admin/").content.decode()
    entries = LogEntry.objects.filter(object_id=str(alice.pk))
    assert {entry.object_repr for entry in entries} == {User.objects.get(pk=alice.pk).username}


def test_nor_do_the_budgets_that_it_had(office, alice):
    for period in ("day", "month"):
        office.post(f"{BUDGETS}add/", {"user": "alice", "period": period, "amount": "5"})
    office.post(f"{BUDGETS}add/", {"period": "day", "amount": "5"})
    office.post(f"{BUDGETS}{Budget.objects.get(period='month').pk}/delete/", {"post": "yes"})
    office.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
    said = LogEntry.objects.filter(content_type__model="budget").values_list("object_repr", flat=True)
    mark = User.objects.get(pk=alice.pk).username
    assert sorted(said) == [*[f"Budget of {mark}"] * 3, "Everybody, each day"]


def test_a_search_of_many_words_says_how_many_are_looked_for(office, alice):
    assert column(office.get(LIST, {"q": "ali ice"}), "username") == ["alice"]
    page = office.get(LIST, {"q": "alice " * 1000})
    assert column(page, "username") == ["alice"]
    assert "Only the first 200 characters and 20 words are searched for." in page.content.decode()


@pytest.mark.parametrize("key", ["x", "", "9" * 40, "\0"])
def test_what_cannot_be_in_the_list_is_not_deleted(office, alice, key):
    for fields in ({}, {"post": "yes"}, {"index": "0"}):
        chosen = {"action": "delete_selected", "_selected_action": [alice.pk, key], **fields}
        assert "not in this list" in office.post(LIST, chosen, follow=True).content.decode()
    assert User.objects.filter(deleted_at=None).count() == 2


def test_people_who_cannot_be_deleted_stay_and_it_says_why(office, alice, admin):
    holds.set_hold(admin, conversation_of(alice), "Case 4711")
    urls = f"{LIST}{alice.pk}/delete/", f"{LIST}{admin.pk}/delete/"
    for url, reason in zip(
        urls, ("alice has a conversation on legal hold", "Make another superuser first"), strict=True
    ):
        assert reason in office.get(url).content.decode()
        assert reason in office.post(url, {"post": "yes"}).content.decode()
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk, admin.pk]}
    assert "on legal hold" in office.post(LIST, {**chosen, "post": "yes"}).content.decode()
    assert User.objects.filter(deleted_at=None).count() == 2


def test_one_whose_answer_does_not_end_is_told_to_wait_for_it(office, alice, monkeypatch):
    monkeypatch.setattr(people, "STOP_SECONDS", 0)
    chat = conversation_of(alice)
    message_in(chat, chat.messages.last(), "assistant", "", state="streaming", runner="elsewhere:1:1")
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
    for url, fields in ((f"{LIST}{alice.pk}/delete/", {"post": "yes"}), (LIST, chosen)):
        assert "delete the account again in a minute" in office.post(url, fields, follow=True).content.decode()
    assert chat.messages.count() == 3
    assert not LogEntry.objects.filter(action_flag=DELETION).exists()


def test_many_people_are_counted_and_a_few_named(office, queries_of):
    User.objects.bulk_create(User(username=f"person{number:03}") for number in range(600))
    keys = list(User.objects.filter(is_superuser=False).values_list("pk", flat=True))
    asked = office.post(LIST, {"action": "delete_selected", "_selected_action": keys[:100]}).content.decode()
    assert "and 80 more" in asked
    assert asked.count("<li>person") == 20
    every = {"action": "delete_selected", "_selected_action": keys[:1], "select_across": "1", "q": "person"}
    assert "600 are too many at once" in office.post(f"{LIST}?q=person", every).content.decode()


def test_several_are_deleted_at_once(office, alice, bob):
    conversation_of(alice)
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk, bob.pk], "post": "yes"}
    assert "Successfully deleted 2" in office.post(LIST, chosen, follow=True).content.decode()
    assert User.objects.exclude(deleted_at=None).count() == 2


@pytest.fixture
def clerk(db, client_of):
    """Staff who administer people, but are no superuser."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__model="user", content_type__app_label="chat"))
    return client_of(clerk)


def test_staff_cannot_give_powers_to_anybody(clerk, alice):
    given = {"username": "alice", "is_active": "on", "is_staff": "on", "is_superuser": "on", "first_name": "Al"}
    assert clerk.post(f"{LIST}{alice.pk}/change/", given).status_code == 302
    alice.refresh_from_db()
    assert (alice.first_name, alice.is_staff, alice.is_superuser) == ("Al", False, False)


def test_staff_cannot_take_over_a_superuser(clerk, admin):
    password = {"password1": "mine-now-77", "password2": "mine-now-77", "usable_password": "true"}
    assert clerk.post(f"{LIST}{admin.pk}/password/", password).status_code == 403
    assert clerk.post(f"{LIST}{admin.pk}/change/", {"username": "x"}).status_code == 403
    assert clerk.post(f"{LIST}{admin.pk}/delete/", {"post": "yes"}).status_code == 403
    clerk.post(LIST, {"action": "delete_selected", "_selected_action": [admin.pk], "post": "yes"})
    admin.refresh_from_db()
    assert admin.check_password("keeper-of-9")


def test_deleting_a_person_with_conversations_needs_the_permission_for_these(clerk, alice):
    conversation_of(alice)
    assert clerk.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    alice.refresh_from_db()


def test_moments_are_written_as_in_the_lists(office, alice):
    User.objects.filter(pk=alice.pk).update(date_joined=datetime(2026, 11, 21, 23, 13, tzinfo=UTC))
    assert "2026-11-21 23:13" in office.get(f"{LIST}{alice.pk}/change/").content.decode()
