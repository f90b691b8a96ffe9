"""Budgets: what may be spent in a day, a week or a month, and the accounts that are kept of it."""

from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from chat.engine.periods import Period
from chat.models.money import UsdField
from chat.models.usage import UsageRecord

_TWICE = "There is such a budget for this period already. Change that one."


def usual_shares() -> list[int]:
    """When to warn, unless somebody says otherwise."""
    return [80, 100]


class BudgetQuerySet(models.QuerySet["Budget"]):
    """Whose budgets."""

    def of(self, user_id: int) -> Self:
        """Those that what this person spends counts in: their own, those of their groups, and everybody's."""
        own, groups = Q(user=user_id), Q(group__in=Group.objects.filter(user=user_id))
        return self.filter(own | groups | Q(user=None, group=None))


class Budget(models.Model):
    """USD that a person, the people of a group together, or all together may spend in each period.

    A person's periods begin in the person's time zone, the others in ``TIME_ZONE``. Scope and period never change:
    the accounts would be those of something else.
    """

    class Each(models.TextChoices):
        """The periods, as `engine.periods` has them."""

        DAY = Period.DAY.value
        WEEK = Period.WEEK.value
        MONTH = Period.MONTH.value

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets")
    period = models.CharField(max_length=5, choices=Each.choices, default=Each.MONTH)
    amount = UsdField(help_text="USD for each period.")
    hard = models.BooleanField(default=True, help_text="Refuse what could cost more than is left. Otherwise only warn.")
    warn_at = models.JSONField(default=usual_shares, blank=True, help_text="Percent of the amount at which to warn.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user=None) | Q(group=None),
                name="a_budget_has_one_scope",
                violation_error_message="Choose a person or a group, not both. Without either it is everybody's.",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_budget_is_not_negative"),
            models.UniqueConstraint(
                fields=["user", "period"], name="one_budget_per_person_and_period", violation_error_message=_TWICE
            ),
            models.UniqueConstraint(
                fields=["group", "period"], name="one_budget_per_group_and_period", violation_error_message=_TWICE
            ),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(user=None, group=None),
                name="one_budget_for_all_per_period",
                violation_error_message=_TWICE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.whose}, each {self.period}"

    @property
    def whose(self) -> str:
        """Whose it is, for people."""
        if self.user_id:
            return str(self.user)
        return f"Group {self.group}" if self.group_id else "Everybody"


class BudgetAccount(models.Model):
    """What of a budget is spent and held back in the period that begins on a day. Written by `budgets` only.

    ``spent`` is the cost of its ``records`` that are closed, ``reserved`` what is held back for those that are open.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="accounts")
    start = models.DateField()
    spent = UsdField(default=Decimal(0))
    reserved = UsdField(default=Decimal(0))
    records = models.ManyToManyField(UsageRecord, related_name="accounts")

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["budget", "start"], name="one_account_per_budget_and_period"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="no_more_is_let_go_than_was_held"),
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.start}"
