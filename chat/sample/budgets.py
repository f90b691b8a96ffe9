"""Budgets, with accounts that are the sums of the calls of the current period."""

from datetime import datetime
from decimal import ROUND_UP, Decimal

from django.contrib.auth.models import Group
from django.db.models import QuerySet, Sum

from chat.budgets import zone_of
from chat.engine.periods import Period, midnight, start_of
from chat.models import Budget, BudgetAccount, UsageRecord
from chat.models.insert import ROWS, insert
from chat.sample.people import People

_SHARES = (
    ("month", None, "0.7"),
    ("month", "Engineering", "0.9"),
    ("week", "Research", "0.97"),
    ("month", "Sales", "1.1"),
)
_OF_ONE = 4  # people with a budget of their own
_LEAST = Decimal("0.01")


def limit(people: People, now: datetime) -> None:
    """Make budgets whose amount is near to what is spent; those that exist already stay as they are."""
    for period, name, share in _SHARES:
        group = Group.objects.filter(name=name).first()
        if bool(group) == bool(name):
            near_to_what_is_spent(Budget(group=group, period=period, hard=name == "Research"), Decimal(share), now)
    for user in people.users[:_OF_ONE]:
        near_to_what_is_spent(Budget(user=user, period="month"), Decimal("0.8"), now)


def near_to_what_is_spent(budget: Budget, share: Decimal, now: datetime) -> None:
    """Make a budget of which that share is spent in the current period, unless there is one of that scope."""
    if Budget.objects.filter(user=budget.user, group=budget.group, period=budget.period).exists():
        return
    start = start_of(Period(budget.period), now, zone_of(budget))
    records = _counted(budget).filter(started_at__gte=midnight(start, zone_of(budget)))
    spent = records.aggregate(sum=Sum("cost"))["sum"] or Decimal(0)
    budget.amount = max(_round(spent / share), _LEAST)
    budget.save()
    account = BudgetAccount.objects.create(budget=budget, start=start, spent=spent)
    through = BudgetAccount.records.through
    keys = list(records.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), ROWS):
        insert(through(budgetaccount_id=account.pk, usagerecord_id=key) for key in keys[first : first + ROWS])


def _round(amount: Decimal) -> Decimal:
    """As somebody would write it: two digits that matter, and no part of a cent."""
    return amount.quantize(max(_LEAST, Decimal(1).scaleb(amount.adjusted() - 1)), ROUND_UP)


def _counted(budget: Budget) -> QuerySet[UsageRecord]:
    if budget.user:
        return UsageRecord.objects.filter(user=budget.user)
    if budget.group:
        return UsageRecord.objects.filter(user__groups=budget.group)
    return UsageRecord.objects.all()
