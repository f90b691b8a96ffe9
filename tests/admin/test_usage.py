"""Usage records and what they come to."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.admin.conftest import column
from tests.spending import conversation_of, record_of

LIST = "/admin/chat/usagerecord/"


def totals(response):
    """What the box above the list says, as one line."""
    box = re.search(r'<dl class="totals".*?</dl>', response.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", box[0])) if box else ""


def test_it_lists_calls_with_what_they_counted_and_cost(office, alice):
    record_of(alice, cost="0.042", input_tokens=1204, output_tokens=840, cache_read_tokens=51200, seconds=12.4)
    page = office.get(LIST)
    shown = [
        column(page, name) for name in ("person", "asked", "prompt", "cached", "output", "charged", "ended", "took")
    ]
    assert shown == [
        ["alice"],
        ["claude-sonnet-5-5"],
        ["1,204"],
        ["0 / 51,200"],
        ["840"],
        ["$0.042"],
        ["Complete"],
        ["12 s"],
    ]


def test_it_says_unpriced_never_zero_and_nothing_while_a_call_runs(office, alice):
    record_of(alice, cost=None, days_ago=1)
    record_of(alice, cost=None, end="open")
    assert column(office.get(LIST), "charged") == ["–", "unpriced"]


def test_the_totals_are_of_the_filtered_records_not_of_the_page(office, alice, bob):
    for _ in range(60):
        record_of(alice, cost="0.05")
    record_of(bob, cost="7", input_tokens=1_000_000, thinking_tokens=25)
    assert "Cost $10.00 Calls 61 Input 1,006,000" in totals(office.get(LIST))
    assert "Cost $3.00 Calls 60 Input 6,000" in totals(office.get(LIST, {"person": alice.pk}))
    assert "Output 50 25 of it thinking" in totals(office.get(LIST, {"person": bob.pk, "p": 1}))


def test_the_totals_say_how_much_is_estimated_and_how_many_are_unpriced(office, alice):
    record_of(alice, cost="1")
    record_of(alice, cost="0.25", exactness="estimated", end="stopped")
    assert "Cost ~$1.25 $0.25 of it estimated" in totals(office.get(LIST))
    record_of(alice, cost=None)
    assert "Cost ≥ $1.25 $0.25 of it estimated 1 unpriced" in totals(office.get(LIST))


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ({"end__exact": "failed"}, 1),
        ({"exactness__exact": "estimated"}, 2),
        ({"purpose__exact": "title"}, 1),
        ({"price": "unpriced"}, 1),
        ({"price": "priced"}, 5),
        ({"language_model": "claude-opus-5-5"}, 1),
        ({"q": "req_special"}, 1),
        ({"q": "alice"}, 6),
        ({"end__exact": "complete", "exactness__exact": "exact"}, 3),
    ],
)
def test_it_filters(office, alice, query, calls):
    record_of(alice)
    record_of(alice, end="failed", error_code="overloaded", exactness="estimated")
    record_of(alice, end="stopped", exactness="estimated")
    record_of(alice, purpose="title")
    record_of(alice, cost=None, model_asked="claude-opus-5-5")
    record_of(alice, request_id="req_special", end="interrupted")
    assert f"Calls {calls} " in totals(office.get(LIST, query))


def test_it_filters_by_days_and_keeps_the_other_filters(office, alice, bob):
    for days in (0, 3, 50):
        record_of(alice, days_ago=days)
        record_of(bob, days_ago=days)
    since = (timezone.localdate() - timedelta(days=6)).isoformat()
    page = office.get(LIST, {"started_at_since": since, "started_at_until": "", "person": alice.pk})
    assert "Calls 2 " in totals(page)
    html = page.content.decode()
    assert f'<input type="hidden" name="person" value="{alice.pk}">' in html
    assert f'name="started_at_since" value="{since}"' in html


def test_it_filters_by_conversation(office, alice):
    conversation = conversation_of(alice, turns=2)
    record_of(alice)
    assert "Calls 2 " in totals(office.get(LIST, {"conversation": str(conversation.pk)}))
    assert office.get(LIST, {"conversation": "nonsense"}, follow=True).status_code == 200


def test_many_people_are_not_listed_as_a_filter(office, alice, django_user_model):
    record_of(alice)
    django_user_model.objects.bulk_create(django_user_model(username=f"user{number}") for number in range(40))
    assert "user17" not in office.get(LIST).content.decode()
    chosen = office.get(LIST, {"person": alice.pk})
    assert ">alice</a></li>" in chosen.content.decode()
    assert "Calls 1 " in totals(chosen)


def test_a_record_shows_its_call_and_leads_to_its_message(office, alice):
    conversation = conversation_of(alice)
    answer = conversation.messages.get(role="assistant")
    record = answer.usage_records.get()
    record.usage = {"input_tokens": 100, "service_tier": "standard"}
    record.save()
    html = office.get(f"{LIST}{record.pk}/change/").content.decode()
    assert f"/admin/chat/conversation/{conversation.pk}/change/?message={answer.pk}#m-{answer.pk}" in html
    assert "service_tier" in html
    assert "answered by" in html


def test_a_record_outlives_its_conversation_and_its_person(office, alice):
    record = conversation_of(alice).messages.get(role="assistant").usage_records.get()
    alice.delete()
    assert column(office.get(LIST), "person") == ["deleted"]
    assert "deleted" in office.get(f"{LIST}{record.pk}/change/").content.decode()


def test_nobody_adds_edits_or_deletes(office, alice):
    record = record_of(alice)
    assert office.get(f"{LIST}add/").status_code == 403
    assert office.post(f"{LIST}{record.pk}/change/", {"cost": "0"}).status_code == 403
    assert office.post(f"{LIST}{record.pk}/delete/", {"post": "yes"}).status_code == 403
    office.post(LIST, {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"})
    record.refresh_from_db()


def test_an_empty_list_says_what_will_appear_here(office):
    assert "Every call to the API will appear here" in office.get(LIST).content.decode()


@pytest.mark.parametrize("query", [{}, {"o": "-8"}, {"price": "unpriced"}, {"_facets": "True"}])
def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice, bob, query):
    conversation_of(alice)
    few = queries_of(f"{LIST}?{urlencode(query)}")
    conversation_of(bob, turns=45)
    assert queries_of(f"{LIST}?{urlencode(query)}") == few


def test_who_sees_records_alone_finds_no_way_to_conversations(staff, alice):
    conversation_of(alice, title="Secret title")
    browser, record = staff("view_usagerecord"), alice.usage_records.get()
    for url in (LIST, f"{LIST}{record.pk}/change/", "/admin/"):
        html = browser.get(url).content.decode()
        assert "Secret title" not in html
        assert "Answer 0" not in html
        assert "/admin/chat/conversation/" not in html


@pytest.mark.parametrize("name", ["", "person", "language_model"])
def test_the_totals_of_past_days_are_those_of_their_records(office, alice, bob, name):
    for days in (0, 1, 5, 40):
        record_of(alice, days_ago=days)
        record_of(bob, days_ago=days, model_asked="claude-opus-5-5")
    since = (timezone.localdate() - timedelta(days=9)).isoformat()
    chosen = {"": {}, "person": {"person": alice.pk}, "language_model": {"language_model": "claude-opus-5-5"}}[name]
    assert f"Calls {3 if name else 6} " in totals(office.get(LIST, {"started_at_since": since, **chosen}))
    assert f"Calls {4 if name else 8} " in totals(office.get(LIST, chosen))
    assert "Calls 3 " in totals(
        office.get(LIST, {"started_at_since": since, "person": alice.pk, "end__exact": "complete"})
    )
