"""Budgets in the administration: made and changed, or refused with a reason; and how they stand."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat import ledger
from chat.models import Budget, BudgetAccount, UsageRecord
from tests.admin.conftest import column

LIST = "/admin/chat/budget/"
pytestmark = pytest.mark.django_db


def saved(office, url=f"{LIST}add/", **fields):
    """Send the form; the page that comes back, or "" where it was taken."""
    form = {"period": "month", "amount": "5", "hard": "on", "warn_at": "80, 100", **fields}
    response = office.post(url, form)
    return "" if response.status_code == 302 else response.content.decode()


def spend(user, tokens=100_000):
    """A call of ten dollars for each million tokens."""
    record = ledger.open_call(user_id=user.pk, model="claude-sonnet-5-5", size=ledger.Size(0, 400_000)).record
    ledger.close_call(ledger.Call(record, "claude-sonnet-5-5", usage={"output_tokens": tokens}), "complete")


def standings(page):
    """What the list says of how each stands."""
    return [" ".join(each.split()) for each in column(page, "standing")]


def renewed():
    """When this month is over."""
    first = (timezone.now().replace(day=1) + timedelta(days=32)).replace(day=1)
    return f"1 {first:%b}, 00:00 UTC"


def test_a_budget_of_a_person_a_group_or_everybody_is_made(office, alice):
    team = Group.objects.create(name="Team")
    assert saved(office, user="alice", amount="12.50", warn_at="50,90 , 90") == ""
    assert saved(office, group=team.pk, hard="", warn_at="") == ""
    assert saved(office, period="day", amount="0") == ""
    found = Budget.objects.values_list("user__username", "group__name", "period", "amount", "hard", "warn_at")
    assert list(found) == [
        ("alice", None, "month", Decimal("12.5"), True, [50, 90]),
        (None, "Team", "month", 5, False, []),
        (None, None, "day", 0, True, [80, 100]),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "1e99"}, "less than or equal to 1000000"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": ""}, "This field is required"),
        ({"amount": "0.0000001"}, "6 decimal places"),
        ({"user": "nobody"}, "There is nobody of this name."),
        ({"user": "alice", "group": "team"}, "Choose a person or a group, not both."),
        ({"period": "year"}, "Select a valid choice"),
        ({"warn_at": "often"}, "Whole numbers from 1 to 100"),
        ({"warn_at": "0"}, "Whole numbers from 1 to 100"),
        ({"user": "alice", "period": "week"}, "There is such a budget for this period already."),
        ({"group": "team", "period": "week"}, "There is such a budget for this period already."),
        ({"period": "week"}, "There is such a budget for this period already."),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_a_reason(office, alice, fields, reason):
    team = Group.objects.create(name="Team")
    for scope in ({"user": alice}, {"group": team}, {}):
        Budget.objects.create(amount=1, period="week", **scope)
    fields = {**fields, "group": team.pk} if "group" in fields else fields
    assert reason in saved(office, **fields)
    assert Budget.objects.count() == 3


def test_the_amount_can_be_changed_but_not_whose_it_is_nor_its_period(office, alice, bob):
    budget = Budget.objects.create(user=alice, amount=1)
    page = office.get(f"{LIST}{budget.pk}/change/").content.decode()
    assert 'name="user"' not in page
    assert 'value="80, 100"' in page
    assert "<strong>$0.00</strong> of $1.00" in page
    assert saved(office, f"{LIST}{budget.pk}/change/", user="bob", period="day", amount="7.25", warn_at="70") == ""
    budget.refresh_from_db()
    assert (budget.user, budget.period, budget.amount, budget.warn_at) == (alice, "month", Decimal("7.25"), [70])


def test_the_list_shows_how_each_stands_in_the_current_period(office, alice):
    budget = Budget.objects.create(user=alice, amount=5, hard=False)
    Budget.objects.create(amount=10)
    spend(alice, 420_000)
    BudgetAccount.objects.filter(budget=budget).update(reserved=Decimal("0.5"))
    BudgetAccount.objects.create(budget=budget, start=timezone.now() - timedelta(days=400), spent=99)
    page = office.get(LIST)
    assert column(page, "whose") == ["alice", "Everybody"]
    assert column(page, "terms") == ["month, soft", "month, hard"]
    assert standings(page) == [
        f"$4.20 of $5.00 84 % $0.30 left $0.50 held back warns at 80, 100 % renews {renewed()}",
        f"$4.20 of $10.00 42 % $5.80 left warns at 80, 100 % renews {renewed()}",
    ]
    first = page.content.decode().partition('class="standing passed"')[2].partition("</svg>")[0]
    assert re.findall(r'class="(held|spent)"[^>]* width="([0-9.]+)%"', first) == [
        ("held", "94.000"),
        ("spent", "84.000"),
    ]
    assert re.findall(r'x1="(\d+)%"', first) == ["80", "100"]


def test_a_budget_that_nobody_has_used_yet_stands_at_nothing(office):
    Budget.objects.create(amount=0)
    page = office.get(LIST)
    assert standings(page) == [f"$0.00 of $0.00 100 % $0.00 left warns at 80, 100 % renews {renewed()}"]
    assert not BudgetAccount.objects.exists()


def test_deleting_one_keeps_the_calls_that_counted_in_it(office, alice):
    budget = Budget.objects.create(user=alice, amount=5)
    spend(alice)
    page = office.get(f"{LIST}{budget.pk}/delete/")
    assert page.status_code == 200
    assert "sonnet" not in page.content.decode()
    assert office.post(f"{LIST}{budget.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Budget.objects.exists()
    assert UsageRecord.objects.get().cost == 1


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice, bob):
    Budget.objects.create(amount=5)
    few = queries_of(LIST)
    for user in (alice, bob):
        for period in ("day", "week", "month"):
            Budget.objects.create(user=user, amount=5, period=period)
    assert queries_of(LIST) == few


def test_of_two_who_add_the_same_at_once_the_second_is_told(office, alice, monkeypatch):
    def somebody_else_is_quicker(budget, exclude=None):
        Budget.objects.create(user=alice, amount=5)

    monkeypatch.setattr(Budget, "validate_constraints", somebody_else_is_quicker)
    given = {"user": "alice", "period": "month", "amount": "7", "hard": "on", "warn_at": "80"}
    page = office.post(f"{LIST}add/", given, follow=True)
    assert "somebody else has just made such a budget" in page.content.decode()
    assert not Budget.objects.filter(amount=7).exists()


def test_it_is_found_by_its_kind_in_words(office, alice):
    Budget.objects.create(user=alice, amount=5, hard=False)
    Budget.objects.create(amount=10)
    assert "By kind" in office.get(LIST).content.decode()
    assert column(office.get(LIST, {"hard": "0"}), "whose") == ["alice"]
    assert column(office.get(LIST, {"hard": "1"}), "whose") == ["Everybody"]


def test_deleting_a_group_counts_what_goes_and_lists_none_of_it(office, alice):
    group = Group.objects.create(name="Wonderland")
    group.user_set.add(alice)
    budget = Budget.objects.create(group=group, amount=5)
    BudgetAccount.objects.bulk_create(
        BudgetAccount(budget=budget, start=date(2020, 1, 1) + timedelta(days=day)) for day in range(300)
    )
    spend(alice)
    page = office.get(f"/admin/auth/group/{group.pk}/delete/").content.decode()
    assert "Budgets: 1" in page
    assert page.count("<li>") < 20
    assert office.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not BudgetAccount.objects.exists()
    assert UsageRecord.objects.get().cost == 1
