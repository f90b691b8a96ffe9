"""What usage records come to."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Expression, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from chat.engine.usage import Usage
from chat.models import Message, UsageRecord
from chat.models.conversation import answering, called
from chat.models.money import UsdField
from chat.models.usage import CLASSES

Exactness = UsageRecord.Exactness

RUNNING = Q(end=UsageRecord.End.OPEN)
UNPRICED = Q(cost=None) & ~RUNNING
"""A call that is over and has no cost: its model has no price."""

SUMMED = {
    "calls": Count("pk"),
    "running": Count("pk", filter=RUNNING),
    "unpriced": Count("pk", filter=UNPRICED),
    "estimated": Count("pk", filter=Q(exactness=Exactness.ESTIMATED)),
    "lower_bounds": Count("pk", filter=Q(exactness=Exactness.LOWER_BOUND)),
    "spent": Sum("cost"),
    "spent_inexactly": Sum("cost", filter=~Q(exactness=Exactness.EXACT)),
    **{f"sum_{name}": Sum(column) for name, column in CLASSES.items()},
}
"""What makes up a `Totals`, as aggregates of records."""

SUMS = tuple(SUMMED)
"""The names of the figures that make up a `Totals`, as rows carry them."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a set of usage records comes to.

    ``cost`` is in USD and leaves out the ``unpriced`` calls and those still ``running``; ``inexact`` is the part of it
    that is estimated or a lower bound.
    """

    calls: int = 0
    running: int = 0
    unpriced: int = 0
    estimated: int = 0
    lower_bounds: int = 0
    cost: Decimal = Decimal(0)
    inexact: Decimal = Decimal(0)
    usage: Usage = field(default_factory=Usage)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def tokens(self) -> int:
        """Prompts and answers together."""
        return self.usage.prompt + self.usage.output

    @property
    def exactness(self) -> str:
        """How far ``cost`` can be trusted: a sum without its unpriced calls is less than what was billed."""
        if self.unpriced or self.lower_bounds:
            return Exactness.LOWER_BOUND
        return Exactness.ESTIMATED if self.estimated else Exactness.EXACT


def usage_of(record: UsageRecord) -> Usage:
    """The tokens of one record."""
    return Usage(**{name: getattr(record, column) for name, column in CLASSES.items()})


def totals(records: QuerySet[UsageRecord]) -> Totals:
    """What these records come to."""
    return totals_of(records.aggregate(**SUMMED))


def totals_by(records: QuerySet[UsageRecord], key: str) -> dict[Any, Totals]:
    """What these records come to for each value of a field, e.g. ``user`` or ``message__conversation``."""
    return {row["group"]: totals_of(row) for row in sums_by(records, key)}


def sums_by(records: QuerySet[UsageRecord], key: str, *others: str) -> Iterator[Mapping[str, Any]]:
    """The same as rows, each with its ``group``, and apart for each value of ``others``."""
    return iter(records.order_by().values(*others, group=F(key)).annotate(**SUMMED))


def spent(records: QuerySet[UsageRecord], key: str) -> Expression:
    """The cost of those records whose ``key`` is the row of the outer query, to order that by."""
    return summed(records, "cost", key)


def summed(records: QuerySet[UsageRecord], amount: str, key: str) -> Expression:
    """The sum of an amount over those records whose ``key`` is the row of the outer query."""
    sums = records.order_by().filter(**{key: OuterRef("pk")}).values(key).annotate(sum=Sum(amount)).values("sum")
    return Coalesce(Subquery(sums), Value(Decimal(0), UsdField()), output_field=UsdField())


def of_conversations() -> dict[str, Expression]:
    """What the columns ``message_count``, ``spent`` and ``unpriced`` of a conversation must be."""
    held = Message.objects.order_by().filter(conversation=OuterRef("pk")).values("conversation")
    calls = UsageRecord.objects.order_by().filter(message__conversation=OuterRef("pk"))
    unpriced = calls.filter(UNPRICED).values("message__conversation")
    return {
        "message_count": Coalesce(Subquery(held.annotate(count=Count("pk")).values("count")), 0),
        "spent": spent(UsageRecord.objects.all(), "message__conversation"),
        "unpriced": Coalesce(Subquery(unpriced.annotate(count=Count("pk")).values("count")), 0),
    }


def called_by_conversations(keys: Collection[UUID]) -> dict[UUID, str]:
    """What the column ``called_models`` of these conversations must be, but for its order."""
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    asked = Message.objects.order_by().filter(conversation__in=keys, role=Message.Role.ASSISTANT)
    for key, model in asked.values_list("conversation", "model").distinct():
        found[key].add(model)
    calls = UsageRecord.objects.order_by().filter(message__conversation__in=keys, purpose=UsageRecord.Purpose.ANSWER)
    answers = calls.values_list("message__conversation", "model_answered", "usage__iterations").distinct()
    for key, model, runs in answers:
        found[key] |= answering(model, {"iterations": runs})
    return {key: called(found[key]) for key in keys}


def totals_of(row: Mapping[str, Any]) -> Totals:
    """What a row of sums says."""
    return Totals(
        **{name: row[name] for name in ("calls", "running", "unpriced", "estimated", "lower_bounds")},
        cost=row["spent"] or Decimal(0),
        inexact=row["spent_inexactly"] or Decimal(0),
        usage=Usage(**{name: row[f"sum_{name}"] or 0 for name in CLASSES}),
    )
