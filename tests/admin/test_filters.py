"""The filters of the lists: what they leave, and what they say to nonsense."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Conversation, ReviewNote, User
from tests.admin.conftest import column
from tests.spending import conversation_of, message_in, record_of

LIST = "/admin/chat/conversation/"
CALLS = "/admin/chat/usagerecord/"


def owners(page):
    return set(column(page, "owner"))


def said(page):
    """What the page says above the list."""
    html = page.content.decode()
    return html[html.index('class="messagelist"') :][:600] if 'class="messagelist"' in html else ""


@pytest.fixture
def two(alice, bob):
    """Alice's conversation cost 1 cent, Bob's 5 dollars and it has a call without a price."""
    hers, his = conversation_of(alice, title="hers"), conversation_of(bob, title="his")
    record_of(bob, cost="4.99", message=his.messages.last())
    record_of(bob, cost=None, message=his.messages.last())
    return hers, his


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person_name": "ali"}, {"alice"}),
        ({"person_name": "ALICE"}, {"alice"}),
        ({"person_name": " b "}, {"bob"}),
        ({"cost_from": "1"}, {"bob"}),
        ({"cost_from": "$5"}, {"bob"}),
        ({"cost_from": "5.000000000001"}, set()),
        ({"cost_to": "0.01"}, {"alice"}),
        ({"cost_from": "0.01", "cost_to": "5"}, {"alice", "bob"}),
        ({"cost": "unpriced"}, {"bob"}),
        ({"cost": "unpriced", "cost_to": "1"}, set()),
        ({"person_name": "b", "q": "answer"}, {"bob"}),
    ],
)
def test_it_leaves_whose_and_what_cost(office, two, query, found):
    page = office.get(LIST, query)
    assert (owners(page), said(page)) == (found, "")


def test_it_leaves_the_people_of_a_group(office, alice, two):
    group = Group.objects.create(name="Readers")
    alice.groups.add(group)
    assert owners(office.get(LIST, {"group": group.pk})) == {"alice"}
    assert column(office.get(CALLS, {"group": group.pk}), "person") == ["alice"]


def test_it_leaves_what_is_flagged_or_noted(office, two, admin):
    note = {"author": admin, "author_name": "admin", "text": "Look"}
    flag = ReviewNote.objects.create(conversation=two[0], flag=True, **note)
    ReviewNote.objects.create(conversation=two[1], **note)
    assert owners(office.get(LIST, {"review": "flagged"})) == {"alice"}
    assert owners(office.get(LIST, {"review": "noted"})) == {"alice", "bob"}
    ReviewNote.objects.filter(pk=flag.pk).update(settled_at=timezone.now())
    assert owners(office.get(LIST, {"review": "flagged"})) == set()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"updated_at_since": "yesterday"}, "“yesterday” is no day"),
        ({"updated_at_since": "2026-02-31"}, "is no day"),
        ({"updated_at_until": "9999-12-31"}, "Choose days from 2000-01-01"),
        ({"updated_at_since": "0001-01-01"}, "Choose days from"),
        ({"updated_at_since": "2026-03-02", "updated_at_until": "2026-03-01"}, "2026-03-01 is before 2026-03-02"),
        ({"person": "nobody"}, "“nobody” is nobody"),
        ({"person": "9" * 40}, "is nobody"),
        ({"person": "²"}, "is nobody"),
        ({"person_name": "zz'\"<b>"}, "Nobody&#x27;s name has “zz&#x27;&quot;&lt;b&gt;”"),
        ({"person_name": "x" * 10_000}, "Nobody&#x27;s name has"),
        ({"group": "9" * 40}, "There is no such group"),
        ({"group": "x"}, "There is no such group"),
        ({"cost_from": "much"}, "“much” is no amount"),
        ({"cost_from": "1,5"}, "Write it as 1.50"),
        ({"cost_to": "-1"}, "Choose amounts from"),
        ({"cost_to": "1e999999"}, "Choose amounts from"),
        ({"cost_to": "NaN"}, "Choose amounts from"),
        ({"cost_from": "2", "cost_to": "1"}, "$1.00 is less than $2.00"),
        ({"cost": "free"}, "Choose two amounts"),
        ({"nonsense": "1"}, "a filter that this list does not know"),
        ({"archived__exact": "maybe"}, "a filter that this list does not know"),
        ({"model": "nul \0"}, "a filter that this list does not know"),
        ({"person_name": "nul \0"}, "a filter that this list does not know"),
    ],
)
def test_nonsense_finds_nothing_and_is_told(office, two, query, sentence):
    page = office.get(LIST, query)
    assert page.status_code == 200
    assert owners(page) == set()
    assert sentence in said(page)


@pytest.mark.parametrize(
    "query",
    [
        {"conversation": "x"},
        {"started_at_since": "x"},
        {"group": "-1"},
        {"person": "x"},
        {"error": "\0"},
        {"language_model": "\0"},
        {"end__exact": "\0"},
    ],
)
def test_nonsense_finds_no_calls_either(office, two, query):
    page = office.get(CALLS, query)
    assert (page.status_code, column(page, "person")) == (200, [])
    assert said(page)


@pytest.mark.parametrize("query", [{"p": "999"}, {"p": "x"}, {"o": "99.-77"}, {"review": "x"}, {"language_model": "x"}])
def test_other_nonsense_is_answered_calmly(office, two, query):
    assert office.get(LIST, query).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"title__startswith": "h"},
        {"title__regex": "("},
        {"system_prompt": ""},
        {"model": "claude-sonnet-5-5"},
        {"id__range": "1"},
        {"pk__in": "9" * 40},
        {"updated_at__year": "0"},
        {"messages__text__contains": ""},
        {"owner__password__startswith": ""},
    ],
)
@pytest.mark.parametrize("path", [LIST, CALLS, "/admin/chat/user/", "/admin/chat/reviewrecord/"])
def test_no_lookup_tells_what_a_list_does_not_show(staff, two, query, path):
    page = staff("view_conversation", "view_usagerecord", "view_user", "view_reviewrecord").get(path, query)
    assert page.status_code == 200
    assert '<p class="nothing">' in page.content.decode()
    assert "a filter that this list does not know" in said(page)


@pytest.mark.parametrize("name", ["user", "budget", "languagemodel", "conversation", "usagerecord", "reviewrecord"])
@pytest.mark.parametrize("term", ["alice " * 2000, '"' * 2000, "x" * 60_000])
def test_a_search_of_any_length_is_answered(office, two, name, term):
    assert office.get(f"/admin/chat/{name}/", {"q": term}).status_code == 200


def test_a_day_begins_where_the_clocks_were_put_forward_at_midnight(office, alice, settings):
    settings.TIME_ZONE = "Africa/Cairo"  # 2026-04-24 begins at 01:00
    for hour, title in ((21, "before"), (22, "after")):
        chat = conversation_of(alice, title=title)
        Conversation.objects.filter(pk=chat.pk).update(updated_at=datetime(2026, 4, 23, hour, 30, tzinfo=UTC))
    found = office.get(LIST, {"updated_at_since": "2026-04-24"})
    until = office.get(LIST, {"updated_at_until": "2026-04-23"})
    assert (len(column(found, "owner")), len(column(until, "owner"))) == (1, 1)


def test_many_people_are_found_by_name_and_not_listed(office, two, alice):
    User.objects.bulk_create(User(username=f"person{number}") for number in range(60))
    html = office.get(LIST).content.decode()
    assert "person42" not in html
    assert 'name="person_name"' in html
    assert ">alice</a></li>" in office.get(LIST, {"person": alice.pk}).content.decode()


def test_a_form_keeps_what_else_was_chosen(office, two):
    html = office.get(LIST, {"q": "answer", "cost_from": "1", "person_name": "b"}).content.decode()
    people = html[html.index('data-filter-title="person"') :]
    people = people[: people.index("</form>")]
    for name, value in (("q", "answer"), ("cost_from", "1")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in people
    assert '<input type="hidden" name="person_name"' not in people


@pytest.mark.parametrize("query", ["", "?q=Answer", "?o=-6", "?person_name=a&cost_from=0&review=noted&holds=failed"])
def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice, bob, query):
    conversation_of(alice)
    few = queries_of(LIST + query)
    for owner in (alice, bob) * 10:
        message_in(conversation_of(owner, turns=2), None, "assistant", "x", state="failed")
    assert queries_of(LIST + query) == few


def test_days_are_filtered_as_before(office, alice):
    for title, days in (("new", 0), ("old", 40)):
        chat = conversation_of(alice, title=title)
        Conversation.objects.filter(pk=chat.pk).update(updated_at=timezone.now() - timedelta(days=days))
    today = timezone.localdate()
    assert len(column(office.get(LIST, {"updated_at_since": today.isoformat()}), "owner")) == 1
