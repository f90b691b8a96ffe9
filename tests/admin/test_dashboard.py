"""The first page: figures for who may see usage records, each with the way to the records behind it."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from chat.models import Budget, Price, UsageRecord, User
from chat.reports.spans import day_of
from tests.admin.conftest import column, titles
from tests.spending import PRICE, conversation_of, message_in, record_of

URL = "/admin/"


def shown(page):
    """The text of the page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def links(page):
    """Where the figures lead."""
    found = {html.unescape(link) for link in re.findall(r'href="([^"]*)"', page.content.decode())}
    return {link for link in found if "/usagerecord/?" in link}


@pytest.fixture
def site(alice, bob):
    """Two people, and a week of theirs."""
    alice.groups.add(Group.objects.create(name="Crew"))
    record_of(alice, cost="1", cache_read_tokens=1_000_000)
    record_of(alice, cost="2", days_ago=1, model_asked="claude-opus-5-5")
    record_of(bob, cost="4", days_ago=2, end="stopped", exactness="estimated")
    record_of(bob, cost="0", days_ago=2, end="failed", error_code="overloaded", first_token_seconds=None)
    record_of(None, cost="8", days_ago=3)
    record_of(bob, cost="5", days_ago=9)


def test_it_shows_what_the_days_came_to(office, site):
    said = shown(office.get(URL, {"range": "7-days"}))
    assert "Spend ~$15.00 +200 % +$10.00 $4.00 of it not exact" in said
    assert "Finished answers 3" in said
    assert "People 2" in said
    assert "Saved by caching +$1.90" in said
    assert "Days begin at midnight, UTC." in said
    assert "Claude Sonnet 5.5 ~$13.00 87 % 4 +160 %" in said
    assert "Deleted people $8.00 53 % 1 new" in said
    assert "Crew $3.00" in said
    assert "overloaded 1 100 %" in said
    assert "p50 0.4 s" in said


def test_every_link_leads_to_the_records_that_the_figure_counts(office, site):
    page = office.get(URL, {"range": "7-days"})
    found = links(page)
    assert len(found) > 20
    for link in found:
        assert office.get(link).status_code == 200, link
    by_person = next(link for link in found if "person=deleted" in link)
    assert "Calls 1 " in shown(office.get(by_person))
    by_error = next(link for link in found if "error=overloaded" in link)
    assert "Calls 1 " in shown(office.get(by_error))
    by_class = next(link for link in found if "tokens=cache_read" in link)
    assert "Calls 1 " in shown(office.get(by_class))
    crew = Group.objects.get(name="Crew")
    assert "Calls 2 " in shown(office.get(next(link for link in found if f"group={crew.pk}" in link)))
    assert "Calls 3 " in shown(office.get(next(link for link in found if "group=none" in link)))


def test_a_column_leads_to_the_calls_of_its_days(office, site):
    day = day_of(UsageRecord.objects.get(end="stopped").started_at)
    link = next(
        link
        for link in links(office.get(URL, {"range": "7-days"}))
        if parse_qs(urlsplit(link).query) == {"started_at_since": [f"{day}"], "started_at_until": [f"{day}"]}
    )
    assert "Calls 2 " in shown(office.get(link))


def test_an_hour_of_a_single_day_leads_to_the_calls_of_that_hour(office, alice):
    begin = record_of(alice, cost="3").started_at
    page = office.get(URL, {"range": "today"})
    assert f"{begin:%H}:00 to {begin.hour + 1:02}:00 $3.00 1" in shown(page)
    by_hour = {
        number: next(link for link in links(page) if link.endswith(f"&started_at_hour={number}"))
        for number in range(24)
    }
    calls = {number: " Calls 1 " in shown(office.get(link)) for number, link in by_hour.items()}
    assert [number for number, found in calls.items() if found] == [begin.hour]


@pytest.mark.parametrize("span", ["today", "7-days"])
@pytest.mark.parametrize(("measure", "said"), [("first_token", "1.0 s"), ("speed", "200 / s")])
def test_a_percentile_leads_to_the_answers_that_it_is_made_of(office, alice, measure, said, span):
    record_of(alice, first_token_seconds=1, seconds=3, output_tokens=400)
    record_of(alice, purpose="title", output_tokens=400)
    record_of(alice, end="failed", first_token_seconds=None)
    found = [link for link in links(office.get(URL, {"range": span})) if f"measure={measure}" in link]
    assert len(found) == {"today": 25, "7-days": 8}[span]  # each hour or day, and the whole
    pages = [office.get(link) for link in found]
    assert [column(page, measure) for page in pages if column(page, measure)] == [[said]] * 2


@pytest.mark.parametrize("value", ["x", "²", "9" * 30])
@pytest.mark.parametrize("name", ["group", "tokens", "person"])
def test_filters_that_make_no_sense_are_not_an_error(office, alice, name, value):
    assert office.get("/admin/chat/usagerecord/", {name: value}, follow=True).status_code == 200


@pytest.mark.parametrize(
    "given", [{"from": "2026-02-30"}, {"to": "9999-99-99"}, {"range": "'"}, {"from": "9", "to": "1"}]
)
def test_a_range_that_makes_no_sense_is_told_and_the_usual_one_is_shown(office, given):
    page = office.get(URL, given)
    assert page.status_code == 200
    assert "The last 30 days are shown instead." in shown(page)


@pytest.mark.parametrize("name", ["today", "7-days", "30-days", "this-month", "last-month", "year"])
def test_a_usual_range_is_marked(office, site, name):
    marked = re.findall(r'href="\?range=([a-z0-9-]+)" aria-current', office.get(URL, {"range": name}).content.decode())
    assert name in marked


def test_a_site_where_nothing_happened_says_what_will_appear(office):
    said = shown(office.get(URL))
    assert "What is spent will appear here" in said
    assert "No call failed in these days." in said
    assert "There are no budgets." in said
    assert "$0.00" in said
    assert "Compared" not in said


def test_where_there_was_nothing_before_nothing_is_compared(office, alice):
    record_of(alice)
    said = shown(office.get(URL, {"range": "7-days"}))
    assert "There is nothing to compare with: no calls from" in said
    assert "new" not in said
    assert "Change" not in said


def test_calls_without_a_cost_are_an_alarm_with_what_to_do(office, alice):
    assert "manage.py price_calls" not in shown(office.get(URL))
    record_of(alice, cost=None, model_asked="claude-unheard-of-9", days_ago=300)
    page = office.get(URL, {"range": "today"})
    assert "1 call without a cost" in shown(page)
    assert "claude-unheard-of-9 (1)" in shown(page)
    assert "manage.py price_calls" in shown(page)
    link = next(link for link in links(page) if "price=unpriced" in link)
    assert "Calls 1 " in shown(office.get(link))


def test_it_shows_answers_that_are_being_written(office, alice):
    conversation_of(alice, title="over")
    message_in(conversation_of(alice, title="running"), None, "assistant", "", state="streaming")
    page = office.get(URL)
    assert "Running now 1 the first since" in shown(page)
    link = re.search(r'href="([^"]*)">\s*<span class="label">Running now', page.content.decode())[1]
    assert titles(office.get(link)) == ["running"]


def test_who_may_not_see_conversations_finds_the_calls_that_are_being_made(staff, alice):
    record_of(alice, end="open")
    browser = staff("view_usagerecord")
    link = next(link for link in links(browser.get(URL)) if link.endswith("?end__exact=open"))
    assert "Calls 1 " in shown(browser.get(link))


def test_it_shows_the_budgets_of_which_most_is_spent(office, alice, bob):
    for owner, spent in ((alice, 9), (bob, 12)):
        budget = Budget.objects.create(user=owner, amount=10, period="month")
        start = timezone.now().date().replace(day=1)
        budget.accounts.create(start=start, spent=spent)
    said = shown(office.get(URL))
    assert said.index("bob each month, hard $12.00 of $10.00 120 %") < said.index(
        "alice each month, hard $9.00 of $10.00"
    )


def test_what_is_spent_of_a_budget_leads_to_the_calls_that_it_is_made_of(office, alice):
    budget = Budget.objects.create(user=alice, amount=10, period="month")
    account = budget.accounts.create(start=timezone.now().date().replace(day=1), spent=3)
    record_of(alice, cost="4")  # before there was a budget
    account.records.add(record_of(alice, cost="3"))
    link = next(link for link in links(office.get(URL)) if "budget=" in link)
    page = office.get(link)
    assert (link, column(page, "charged")) == (f"/admin/chat/usagerecord/?budget={budget.pk}", ["$3.00"])
    assert "Cost $3.00 Calls 1 " in shown(page)


def test_of_many_budgets_it_says_how_many_there_are_more(office):
    for number in range(9):
        Budget.objects.create(user=User.objects.create_user(f"person{number}"), amount=1)
    assert "And 1 more , of which less is spent." in shown(office.get(URL))


@pytest.fixture
def browser_of(client_of):
    """The browser of staff with some permissions."""

    def opened(*codenames):
        user = User.objects.create_user("someone", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return client_of(user)

    return opened


def test_who_may_not_see_usage_records_sees_what_there_is_as_before(browser_of, site):
    said = shown(browser_of("view_conversation").get(URL, {"range": "7-days"}))
    assert "Spend" not in said
    assert "$" not in said
    assert "Conversations" in said


def test_who_may_see_usage_records_only_sees_no_budgets_and_no_text(browser_of, alice):
    conversation_of(alice, title="Secret title")
    Budget.objects.create(user=alice, amount=10)
    page = browser_of("view_usagerecord").get(URL)
    assert "Spend $0.01" in shown(page)
    assert "Secret title" not in shown(page)
    assert "Budgets" not in shown(page)
    assert "/admin/chat/budget/" not in page.content.decode()


def test_the_policy_has_nothing_to_refuse(office, site):
    page = office.get(URL, {"range": "year"}).content.decode()
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice, bob):
    alice.groups.add(Group.objects.create(name="Crew"))
    Budget.objects.create(user=alice, amount=1)
    record_of(alice, days_ago=2)
    record_of(bob, cost=None)
    queries_of(URL)
    few = queries_of(URL)
    for number in range(30):
        person = User.objects.create_user(f"person{number}")
        person.groups.add(Group.objects.create(name=f"Group {number}"))
        record_of(person, days_ago=number % 9, model_asked=f"claude-{number}", end="failed", error_code=f"e-{number}")
        record_of(person, days_ago=number % 9, cost=None)
        Budget.objects.create(user=person, amount=1)
    queries_of(URL)
    assert queries_of(URL) == few


def test_a_single_day_is_drawn_by_hour(office, alice):
    record_of(alice, cost="3", days_ago=1)
    day = timezone.now() - timedelta(days=1)
    page = office.get(URL, {"from": f"{day:%Y-%m-%d}", "to": f"{day:%Y-%m-%d}"})
    assert "Spend by hour" in shown(page)
    assert f"{day:%H}:00 to {day.hour + 1:02}:00 $3.00 1" in shown(page)
    assert len(re.findall(r'<rect class="series-1" x=', page.content.decode())) == 1


def test_of_two_days_one_of_which_is_to_come_the_other_is_drawn_by_hour(office, alice):
    begin = record_of(alice, cost="3").started_at
    page = office.get(URL, {"from": f"{begin:%Y-%m-%d}", "to": f"{begin + timedelta(days=1):%Y-%m-%d}"})
    assert f"{begin:%H}:00 to {begin.hour + 1:02}:00 $3.00 1" in shown(page)


def test_it_says_where_a_list_price_does_not_hold_or_will_take_the_place_of_an_own_one(
    office, site, monkeypatch, tmp_path
):
    assert "list price" not in shown(office.get(URL))
    now = timezone.now()
    coming = {"valid_from": f"{now + timedelta(days=9):%Y-%m-%d}", **PRICE, "input": "5"}
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps([{"id": "claude-opus-5-5", "prices": [coming]}]), encoding="utf-8")
    monkeypatch.setattr("chat.catalogue.CATALOGUE", path)
    Price.objects.create(model_id="claude-opus-5-5", valid_from=now, **{**PRICE, "input": "3"})
    said = shown(office.get(URL))
    day = coming["valid_from"]
    assert f"The list price of claude-opus-5-5 changes on {day} to $5.00 for input and $10.00 for output." in said
    assert "under Language models" in said
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    Price.objects.create(model_id="claude-opus-5-5", valid_from=start, **{**PRICE, "input": "5"})
    said = shown(office.get(URL))
    assert f"On {day} the list price of claude-opus-5-5 takes the place of yours: $5.00" in said
