"""What a person has spent, and how the budgets stand that it counts in: as the page and the protocol tell it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from chat import budgets
from chat.budgets import Standing
from chat.engine.periods import Period, midnight, start_of
from chat.models import UsageRecord, User
from chat.models.money import exact_usd


@dataclass(frozen=True, slots=True)
class Spending:
    """USD today and this month, where the person's days begin; the budgets, one's own first."""

    today: Decimal
    month: Decimal
    standings: tuple[Standing, ...]

    @property
    def own(self) -> list[Standing]:
        """The person's own budgets."""
        return [each for each in self.standings if each.budget.user_id]

    @property
    def alarm(self) -> Standing | None:
        """The budget of which the greatest share is spent, of those that are to be warned of."""
        passed = [each for each in self.standings if each.passed is not None]
        return max(passed, key=lambda each: (each.share, each.budget.hard), default=None)


def spending_of(user: User) -> Spending:
    """What is true now."""
    now = timezone.now()
    day, month = (midnight(start_of(period, now, user.zone), user.zone) for period in (Period.DAY, Period.MONTH))
    records = UsageRecord.objects.filter(user=user, started_at__gte=month)
    sums = records.aggregate(month=Sum("cost"), today=Sum("cost", filter=Q(started_at__gte=day)))
    standings = sorted(budgets.current(budgets.applying(user.pk), now).values(), key=_order)
    return Spending(sums["today"] or Decimal(0), sums["month"] or Decimal(0), tuple(standings))


def frame_of(user_id: int, conversation: UUID) -> dict[str, Any] | None:
    """The ``spending`` frame after calls in a conversation were settled; ``None`` where the person was deleted."""
    try:
        found = spending_of(User.objects.get(pk=user_id))
    except User.DoesNotExist:
        return None
    return {
        "type": "spending",
        "conversation": str(conversation),
        "today": exact_usd(found.today),
        "month": exact_usd(found.month),
        "budgets": [told(each) for each in found.standings],
    }


def _order(standing: Standing) -> tuple[int, int]:
    budget = standing.budget
    return (0 if budget.user_id else 1 if budget.group_id else 2, budget.pk)


def told(standing: Standing) -> dict[str, Any]:
    """A budget as its people are told of it; how much one is that they share with others they are not."""
    budget = standing.budget
    told = {
        "of": "you" if budget.user_id else "group" if budget.group_id else "everybody",
        "name": budget.group.name if budget.group else "",
        "period": budget.period,
        "hard": budget.hard,
        "share": standing.share,
        "passed": standing.passed,
        "renews": standing.renews.isoformat(),
    }
    if budget.user_id:
        sums = {"amount": budget.amount, "spent": standing.account.spent, "left": standing.remaining}
        told |= {name: exact_usd(amount) for name, amount in sums.items()}
    return told
