"""The list of conversations."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from chat import search
from chat.admin import conversations as conversation_list
from chat.models import Conversation, UsageRecord
from chat.search import finding
from tests.admin.conftest import column, titles
from tests.spending import conversation_of, message_in, record_of, turn_in

LIST = "/admin/chat/conversation/"


def test_it_shows_owner_messages_tokens_and_cost(office, alice):
    conversation_of(alice, turns=2)
    page = office.get(LIST)
    assert titles(page) == ["Sky"]
    assert column(page, "owner") == ["alice"]
    assert column(page, "models") == ["claude-sonnet-5-5"]
    assert column(page, "length") == ["4"]
    assert column(page, "tokens") == ["300"]
    assert column(page, "cost") == ["$0.02"]


def test_it_marks_what_is_estimated_or_lacks_a_price(office, alice):
    guessed = conversation_of(alice, turns=0, title="guessed")
    _, answer = turn_in(guessed, None, "?", "!")
    record_of(alice, message=answer, exactness="estimated")
    unpriced = conversation_of(alice, turns=0, title="unpriced")
    turn_in(unpriced, None, "?", "!", cost=None)
    page = office.get(f"{LIST}?o=1")
    assert dict(zip(titles(page), column(page, "cost"), strict=True)) == {
        "guessed": "~$0.02",
        "unpriced": "≥ $0.00",
    }


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("rayleigh", {"Light"}),
        ("LIGHT", {"Light"}),
        ("blue rayleigh", {"Light"}),
        ("rayleigh missing", set()),
        ('"makes it blue"', {"Light"}),
        ("blue -rayleigh", {"Light"}),
        ("makes -rayleigh", set()),
        ("alice", {"Light", "Bread"}),
        ("100%", {"Bread"}),
        ("'\"\\;--", set()),
        ("🌈" * 500, set()),
        ("   ", {"Light", "Bread", "His"}),
    ],
)
def test_it_searches_titles_texts_and_people(office, alice, bob, term, found):
    light = conversation_of(alice, turns=0, title="Light")
    turn_in(light, None, "Why is it blue?", "Rayleigh scattering makes it blue")
    turn_in(conversation_of(alice, turns=0, title="Bread"), None, "How wet?", "100% hydration")
    conversation_of(bob, title="His")
    assert set(titles(office.get(LIST, {"q": term}))) == found


def test_it_says_what_a_search_needs(office, alice):
    conversation_of(alice)
    assert "A search needs a letter or a digit." in office.get(LIST, {"q": "%"}).content.decode()
    assert "Only the first" in office.get(LIST, {"q": "x" * 10_000}).content.decode()


def test_who_may_not_read_texts_cannot_search_them(client_of, alice, bob):
    conversation_of(alice, title="Secret")
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename="view_conversation"))
    client = client_of(bob)
    for term, rows in (("secret", 0), ("answer", 0), ("%", 0), ("alice", 1)):
        page = client.get(LIST, {"q": term}).content.decode()
        assert ("Nothing matches" in page) == (rows == 0)
        assert "A search needs" not in page


def test_it_finds_a_conversation_by_the_id_of_one_of_its_messages(office, alice):
    sought = conversation_of(alice, title="sought")
    conversation_of(alice, title="other")
    for key in (sought.pk, sought.messages.last().pk):
        assert titles(office.get(LIST, {"q": str(key)})) == ["sought"]


@pytest.mark.parametrize(
    ("state", "holds"),
    [("failed", "failed"), ("stopped", "stopped"), ("interrupted", "interrupted"), ("streaming", "running")],
)
def test_it_filters_by_what_a_conversation_holds(office, alice, state, holds):
    conversation_of(alice, title="plain")
    message_in(conversation_of(alice, title="special"), None, "assistant", "x", state=state)
    assert titles(office.get(LIST, {"holds": holds})) == ["special"]


def answered_by(user, title, *, asked="claude-sonnet-5-5", **record):
    """A conversation with one answer, for which another model is chosen now."""
    conversation = conversation_of(user, turns=0, title=title, model="claude-opus-4-5")
    answer = message_in(conversation, None, "assistant", "!", model=asked)
    record_of(user, message=answer, **{"model_asked": asked, "model_answered": asked, **record})
    return conversation


FALLEN_BACK = {"iterations": [{"model": "claude-fable-5-2"}, {"model": "claude-opus-5-5", "output_tokens": 9}]}


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("claude-sonnet-5-5", {"plain", "titled", "taken over"}),
        ("claude-haiku-4-5", {"snapshot", "asked for a snapshot"}),
        ("claude-haiku-4-5-20251001", {"snapshot", "asked for a snapshot"}),
        ("claude-opus-5-5", {"taken over"}),
        ("claude-opus-5", set()),
        ("claude-opus-4-5", set()),
    ],
)
def test_it_filters_by_the_models_that_were_called_whichever_is_chosen_now(office, alice, model, found):
    conversation_of(alice, turns=0, title="empty", model="claude-opus-4-5")
    answered_by(alice, "plain")
    answered_by(alice, "taken over", usage=FALLEN_BACK)
    answered_by(alice, "snapshot", asked="claude-haiku-4-5", model_answered="claude-haiku-4-5-20251001")
    answered_by(alice, "asked for a snapshot", asked="claude-haiku-4-5-20251001")
    titled = answered_by(alice, "titled").messages.get()
    record_of(alice, message=titled, purpose="title", model_asked="claude-opus-5-5", model_answered="claude-opus-5-5")
    assert set(titles(office.get(LIST, {"language_model": model}))) == found


def test_it_shows_every_model_that_was_called_and_before_that_the_one_that_is_chosen(office, alice):
    answered_by(alice, "two", asked="claude-sonnet-5-5", model_answered="claude-opus-5-5-20261001")
    conversation_of(alice, turns=0, title="none", model="claude-haiku-5-5")
    page = office.get(LIST, {"o": "1"})
    shown = dict(zip(titles(page), column(page, "models"), strict=True))
    assert shown == {"two": "claude-opus-5-5, claude-sonnet-5-5", "none": "claude-haiku-5-5"}


def test_it_filters_by_person_model_archive_and_price(office, alice, bob):
    conversation_of(alice, title="hers")
    conversation_of(bob, title="his", model="claude-opus-5-5", archived=True)
    record_of(bob, cost=None, message=Conversation.objects.get(title="his").messages.first())
    for query in (
        {"person": bob.pk},
        {"language_model": "claude-opus-5-5"},
        {"archived__exact": 1},
        {"cost": "unpriced"},
    ):
        assert titles(office.get(LIST, query)) == ["his"]


def test_it_filters_by_days(office, alice):
    for title, days in (("new", 0), ("week", 5), ("old", 40)):
        conversation = conversation_of(alice, title=title)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now() - timedelta(days=days))
    today = timezone.localdate()
    since = {"updated_at_since": (today - timedelta(days=6)).isoformat()}
    assert titles(office.get(LIST, since)) == ["new", "week"]
    until = {"updated_at_until": (today - timedelta(days=1)).isoformat()}
    assert titles(office.get(LIST, until)) == ["week", "old"]


@pytest.mark.parametrize(("order", "expected"), [("-4", ["long", "dear"]), ("-6", ["dear", "long"])])
def test_it_orders_by_messages_and_by_cost(office, alice, order, expected):
    conversation_of(alice, title="long", turns=3)
    dear = conversation_of(alice, title="dear")
    record_of(alice, cost="5", message=dear.messages.last())
    assert titles(office.get(LIST, {"o": order})) == expected


def test_an_empty_list_says_what_will_appear_here(office):
    assert "Conversations will appear here" in office.get(LIST).content.decode()
    assert "Nothing matches" in office.get(LIST, {"q": "x"}).content.decode()


@pytest.mark.parametrize("query", ["", "?q=Answer", "?o=-6", "?holds=failed", "?_facets=True"])
def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice, bob, query):
    conversation_of(alice)
    few = queries_of(LIST + query)
    for owner in (alice, bob) * 10:
        conversation_of(owner, turns=3)
    assert queries_of(LIST + query) == few


def test_nobody_adds_or_edits(office, alice):
    conversation = conversation_of(alice)
    assert office.get(f"{LIST}add/").status_code == 403
    assert office.post(f"{LIST}add/", {"title": "x"}).status_code == 403
    assert office.post(f"{LIST}{conversation.pk}/change/", {"title": "mine"}).status_code == 405
    conversation.refresh_from_db()
    assert conversation.title == "Sky"


def test_deleting_one_says_what_goes_and_keeps_the_usage_records(office, alice):
    conversation = conversation_of(alice, turns=3)
    asked = office.get(f"{LIST}{conversation.pk}/delete/").content.decode()
    assert "Messages: 6" in asked
    office.post(f"{LIST}{conversation.pk}/delete/", {"post": "yes"})
    assert not Conversation.objects.exists()
    assert UsageRecord.objects.filter(message=None, user=alice).count() == 3


def test_deleting_many_does_the_same(office, alice):
    keys = [str(conversation_of(alice).pk) for _ in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": keys}
    assert "Messages: 6" in office.post(LIST, chosen).content.decode()
    office.post(LIST, {**chosen, "post": "yes"})
    assert (Conversation.objects.count(), UsageRecord.objects.count()) == (0, 3)


@pytest.mark.parametrize("permission", ["view_conversation", "review_conversations"])
def test_who_may_see_conversations_cannot_delete_them(staff, alice, permission):
    conversation = conversation_of(alice)
    browser = staff(permission)
    assert "Delete" not in browser.get(f"{LIST}{conversation.pk}/change/").content.decode()
    assert browser.post(f"{LIST}{conversation.pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(LIST, {"action": "delete_selected", "_selected_action": [conversation.pk], "post": "yes"})
    conversation.refresh_from_db()


def test_of_few_people_all_is_found_however_common_its_words(office, alice, bob, monkeypatch):
    for name in ("MOST", "REACH"):
        monkeypatch.setattr(finding, name, 3)
    monkeypatch.setattr(finding, "SAMPLE", 100)
    monkeypatch.setattr(conversation_list, "FEW_PEOPLE", 1)
    conversation_of(alice, title="The phrase")
    for _ in range(5):
        conversation_of(bob, title="The other phrase")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert titles(office.get(LIST, {"q": '"the phrase"', "person": alice.pk})) == ["The phrase"]
    assert "only the newest" not in office.get(LIST, {"q": "the phrase", "person": alice.pk}).content.decode()
    assert "only the newest" in office.get(LIST, {"q": "the phrase"}).content.decode()


def test_of_other_days_it_is_found_however_common_and_old(office, alice, bob, monkeypatch):
    for name in ("MOST", "REACH"):
        monkeypatch.setattr(finding, name, 3)
    monkeypatch.setattr(finding, "SAMPLE", 100)
    monkeypatch.setattr(conversation_list, "FEW_PEOPLE", 0)
    now = timezone.now()
    for days in range(9):
        chat = conversation_of(alice if days % 2 else bob, turns=0, title=f"Bees {days}")
        Conversation.objects.filter(pk=chat.pk).update(updated_at=now - timedelta(days=days), message_count=1)
    search.rebuild(list(Conversation.objects.order_by("updated_at").values_list("pk", flat=True)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def found(term, **days):
        chosen = {
            f"updated_at_{name}": str(timezone.localdate(now - timedelta(days=ago))) for name, ago in days.items()
        }
        page = office.get(LIST, {"q": term, **chosen})
        return titles(page), "choose other days" in page.content.decode()

    assert found("bees") == (["Bees 0", "Bees 1", "Bees 2"], True)
    assert found("bees", since=7, until=6) == (["Bees 6", "Bees 7"], False)
    assert found('bees -"bees 6" bee', since=7, until=6) == (["Bees 7"], False)
    assert found("bees", until=4) == (["Bees 4", "Bees 5", "Bees 6"], True)
