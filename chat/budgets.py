"""Budgets: what a call may cost is held back before it is made, what it cost is spent when it is over.

What writes accounts is called by `ledger` alone, in the transactions that open and close records, so that they are
always the sums of the records that count in them. Budgets and then accounts are locked last of all rows, each in the
order of their keys.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from chat.engine.ceiling import Ceiling
from chat.engine.errors import Refused
from chat.engine.periods import Period, end_of, start_of
from chat.models import Budget, BudgetAccount
from chat.models.money import UsdField, rounded

USEFUL_TOKENS = 256
"""An answer that could only be shorter than this is not worth its prompt."""
SETTLES_SECONDS = 10
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in a period."""

    budget: Budget
    account: BudgetAccount

    @property
    def unspent(self) -> Decimal:
        """USD that calls which are over have left; below zero where a soft budget was passed."""
        return self.budget.amount - self.account.spent

    @property
    def left(self) -> Decimal:
        """USD that can be held back for another call."""
        return self.unspent - self.account.reserved

    @property
    def remaining(self) -> Decimal:
        """The same, but nothing where more is spent or held back than there is."""
        return max(self.left, Decimal(0))

    @property
    def share(self) -> int:
        """Percent of the amount that is spent; nothing of nothing is all of it."""
        return int(self.account.spent * 100 / self.budget.amount) if self.budget.amount else 100

    @property
    def passed(self) -> int | None:
        """The highest share that is passed of those at which to warn."""
        return max((share for share in self.budget.warn_at if share <= self.share), default=None)

    @property
    def warning(self) -> str:
        """A sentence for people; of what they share with others it does not tell how much it is."""
        whose = _of(self.budget)
        left = f": {_usd(self.remaining)} of {_usd(self.budget.amount)} is left" if self.budget.user_id else ""
        return f"{self.share} % of {whose[0].lower()}{whose[1:]} is spent{left}. It is renewed on {_day(self.renews)}."

    @property
    def renews(self) -> datetime:
        """When the next period begins, in the time zone of the budget."""
        return end_of(Period(self.budget.period), self.account.start, zone_of(self.budget))


def zone_of(budget: Budget) -> tzinfo:
    """Where the periods of a budget begin."""
    return budget.user.zone if budget.user else timezone.get_default_timezone()


def applying(user_id: int) -> list[Budget]:
    """The budgets that what this person spends counts in."""
    return list(_applying(user_id))


def _applying(user_id: int) -> QuerySet[Budget]:
    # Where there are none at all this is the quicker question, and it is asked with each call.
    if not Budget.objects.exists():
        return Budget.objects.none()
    return Budget.objects.of(user_id).select_related("user", "group")


def bind(user_id: int) -> bool:
    """Whether a hard budget limits what this person spends."""
    return any(each.hard for each in applying(user_id))


def standings(user_id: int, at: datetime) -> list[Standing]:
    """The budgets that what a person spends at a moment counts in, each with its account, which is made if need be.

    In a transaction only: they are locked until its end, so that nobody changes or deletes them meanwhile.
    """
    budgets = {each.pk: each for each in _applying(user_id).select_for_update(of=("self",), no_key=True)}
    keys = [_account(each, at).pk for each in budgets.values()]
    if not keys:
        return []
    accounts = BudgetAccount.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return [Standing(budgets[account.budget_id], account) for account in accounts]


def current(budgets: Iterable[Budget], at: datetime) -> dict[int, Standing]:
    """How budgets stand at a moment, by their keys. Two queries, however many there are; locks and makes nothing."""
    accounts = {each.pk: BudgetAccount(budget=each, start=_start(each, at)) for each in budgets}
    starts = {each.start for each in accounts.values()}
    for kept in BudgetAccount.objects.filter(budget__in=accounts, start__in=starts):
        if kept.start == accounts[kept.budget_id].start:
            kept.budget = accounts[kept.budget_id].budget
            accounts[kept.budget_id] = kept
    return {key: Standing(account.budget, account) for key, account in accounts.items()}


def hard(standings: Sequence[Standing]) -> list[Standing]:
    """Those that refuse what could cost more than is left."""
    return [each for each in standings if each.budget.hard]


def affordable(standings: Sequence[Standing], ceiling: Ceiling, longest: int) -> int:
    """Tokens of the longest answer that every hard budget has enough for. `Refused` where that is of no use.

    An answer that was not to be longer is useful at its full length alone.
    """
    binding = hard(standings)
    useful = min(USEFUL_TOKENS, longest)
    for each in binding:
        if ceiling.affordable(each.left, longest) < useful:
            raise _refusal(each, ceiling.cost(useful))
    return min((ceiling.affordable(each.left, longest) for each in binding), default=longest)


def reserve(record: int, standings: Sequence[Standing], amount: Decimal) -> bool:
    """Count a call in all these accounts and hold an amount back in each; in none where a hard one has too little.

    The condition is part of the statement, so that two who read the same account cannot both have what is left.
    """
    amount = rounded(amount)
    held = Value(amount, UsdField())
    enough = reduce(or_, (_enough(each, amount) for each in standings))
    with transaction.atomic():
        if BudgetAccount.objects.filter(enough).update(reserved=F("reserved") + held) != len(standings):
            transaction.set_rollback(True)
            return False
        through = BudgetAccount.records.through
        through.objects.bulk_create(
            through(budgetaccount_id=each.account.pk, usagerecord_id=record) for each in standings
        )
    return True


@transaction.atomic(savepoint=False)
def settle(record: int, *, held: Decimal, cost: Decimal) -> None:
    """A call is over: in the accounts it counts in, let go of what was held back for it, and spend what it cost."""
    counted = BudgetAccount.records.through.objects.filter(usagerecord=record)
    keys = list(counted.values_list("budgetaccount", flat=True))
    if keys:
        accounts = BudgetAccount.objects.filter(pk__in=keys)
        list(accounts.select_for_update().order_by("pk").values_list("pk"))
        accounts.update(reserved=F("reserved") - Value(held, UsdField()), spent=F("spent") + Value(cost, UsdField()))


@transaction.atomic
def delete(budgets: QuerySet[Budget]) -> None:
    """Delete budgets with their accounts. Who counts a call in one of them at this moment is waited for."""
    rows = Budget.objects.filter(pk__in=list(budgets.values_list("pk", flat=True))).order_by("pk")
    keys = list(rows.select_for_update().values_list("pk", flat=True))
    list(BudgetAccount.objects.order_by("pk").select_for_update().filter(budget__in=keys).values_list("pk"))
    rows.delete()


def _account(budget: Budget, at: datetime) -> BudgetAccount:
    return BudgetAccount.objects.get_or_create(budget=budget, start=_start(budget, at))[0]


def _start(budget: Budget, at: datetime) -> date:
    return start_of(Period(budget.period), at, zone_of(budget))


def _enough(standing: Standing, amount: Decimal) -> Q:
    this = Q(pk=standing.account.pk)
    if not standing.budget.hard:
        return this
    room = Value(standing.budget.amount - amount, UsdField())
    return this & Q(spent__lte=room - F("reserved"))


def _refusal(standing: Standing, needed: Decimal) -> Refused:
    budget, left, held = standing.budget, standing.remaining, standing.account.reserved
    short = (
        f"{_of(budget)} is not enough for this: {_usd(left)} of {_usd(budget.amount)} is left, "
        f"and it could cost {_usd(needed, ROUND_UP)}."
    )
    if standing.unspent >= needed:
        wait = (
            f"{_usd(held)} is held back for answers that are being written or have no price yet: "
            "wait for their end, or tell an administrator."
        )
        return Refused("over_budget", f"{short} {wait}", retry_after=SETTLES_SECONDS)
    renews = standing.renews
    seconds = max((renews - timezone.now()).total_seconds(), 1)
    when = f"The budget is renewed on {_day(renews)} {renews:%Y at %H:%M (%Z)}."
    return Refused("over_budget", f"{short} {when}", retry_after=round(seconds))


def _of(budget: Budget) -> str:
    whose = "Your budget" if budget.user_id else f"The budget of {budget.group}" if budget.group_id else "The budget"
    return f"{whose} for this {budget.period}" if budget.period != Period.DAY else f"{whose} for today"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def _usd(amount: Decimal, rounding: str = ROUND_DOWN) -> str:
    """As a price tag; of less than a dollar two digits that matter."""
    places = _CENT if amount >= 1 or not amount else Decimal(1).scaleb(amount.adjusted() - 1)
    return f"${amount.quantize(places, rounding):,f}"
