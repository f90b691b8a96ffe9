"""Budgets, with accounts that are the sums of the calls of the current period."""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db.models import QuerySet, Sum

from chat.budgets import zone_of
from chat.engine.periods import Period, midnight, start_of
from chat.models import Budget, BudgetAccount, UsageRecord
from chat.sample.insert import ROWS, insert
from chat.sample.people import People

_SHARES = (
    ("month", None, "0.7"),
    ("month", "Engineering", "0.9"),
    ("week", "Research", "1.1"),
    ("month", "Legal", "2"),
)
_OF_ONE = 4  # people with a budget of their own
_LEAST = Decimal("0.01")


def limit(people: People, now: datetime) -> None:
    """Make budgets whose amount is near to what is spent; those that exist already stay as they are."""
    for period, name, share in _SHARES:
        group = Group.objects.filter(name=name).first()
        if bool(group) == bool(name):
            _limit(Budget(group=group, period=period, hard=name == "Research"), Decimal(share), now)
    for user in people.users[:_OF_ONE]:
        _limit(Budget(user=user, period="month"), Decimal("0.8"), now)


def _limit(budget: Budget, share: Decimal, now: datetime) -> None:
    if Budget.objects.filter(user=budget.user, group=budget.group, period=budget.period).exists():
        return
    start = start_of(Period(budget.period), now, zone_of(budget))
    records = _counted(budget).filter(started_at__gte=midnight(start, zone_of(budget)))
    spent = records.aggregate(sum=Sum("cost"))["sum"] or Decimal(0)
    budget.amount = max((spent / share).quantize(_LEAST), _LEAST)
    budget.save()
    account = BudgetAccount.objects.create(budget=budget, start=start, spent=spent)
    through = BudgetAccount.records.through
    keys = list(records.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(keys), ROWS):
        insert(through(budgetaccount_id=account.pk, usagerecord_id=key) for key in keys[first : first + ROWS])


def _counted(budget: Budget) -> QuerySet[UsageRecord]:
    if budget.user:
        return UsageRecord.objects.filter(user=budget.user)
    if budget.group:
        return UsageRecord.objects.filter(user__groups=budget.group)
    return UsageRecord.objects.all()
