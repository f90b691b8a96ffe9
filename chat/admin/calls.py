"""One call to the API as administrators read it: what was counted, what it cost and how that came about."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat import reports
from chat.engine.charge import runs
from chat.engine.pricing import TOOL_RATES, Rates
from chat.engine.usage import Terms, Usage, kinds
from chat.models import UsageRecord
from chat.models.money import rounded
from chat.templatetags.figures import money

_CLASSES = (
    ("Input", "input", "input"),
    ("Cache write, 5 min", "cache_write_5m", "cache_write_5m"),
    ("Cache write, 1 h", "cache_write_1h", "cache_write_1h"),
    ("Cache read", "cache_read", "cache_read"),
    ("Output", "output", "output"),
    ("Web searches", "web_searches", "web_search"),
    ("Web fetches", "web_fetches", "web_fetch"),
)
_PLAIN = "message"


class Line(NamedTuple):
    """One price class: its amount, USD per million (tools: per thousand) and USD; empty where there is no one rate."""

    label: str
    amount: int
    rate: Decimal | None
    cost: Decimal | None


class Run(NamedTuple):
    """One run of a model inside a call, and its share of the cost in USD; empty where there is no price.

    ``kind`` is the API's word for one that is no plain message, such as ``compaction``. The requests to the API's own
    tools are one without a model.
    """

    model: str
    kind: str
    lines: list[Line]
    cost: Decimal | None


@dataclass(frozen=True)
class Call:
    """A usage record with what is derived from it."""

    record: UsageRecord

    @property
    def lines(self) -> list[Line]:
        """The price classes that were used."""
        price = self.record.price if self.record.billed else None
        one_rate = price and "iterations" not in price
        return _lines(reports.usage_of(self.record), Rates.from_json(price) if price and one_rate else None)

    @property
    def itemized(self) -> bool:
        """Whether there is a price to show beside what was counted: not where there is none, or one for each run."""
        return any(line.rate is not None for line in self.lines)

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of which the call is made up, their costs adding up to its own; none where it is but one."""
        names = kinds(self.record.usage)
        at_many_rates = "iterations" in (self.record.price or ())
        return list(self._runs(names)) if len(names) > 1 or at_many_rates else []

    def _runs(self, names: list[str]) -> Iterator[Run]:
        record, sum_ = self.record, Decimal(0)
        found = runs(record.usage, record.price if record.billed else None)
        for number, (part, rates) in enumerate(found):
            cost = None
            if rates:
                # What is rounded is the sum, as that of the call is.
                before, sum_ = sum_, sum_ + rates.cost(part.usage)
                cost = rounded(sum_) - rounded(before)
            is_run = number < len(names)
            model = part.model or record.model_answered or record.model_asked
            kind = names[number].replace("_", " ") if is_run and names[number] != _PLAIN else ""
            yield Run(model if is_run else "", kind, _lines(part.usage, rates), cost)

    @property
    def terms(self) -> str:
        """Where, how fast and in which tier it was served, where that may change the price: ``us, fast``."""
        return ", ".join(Terms.from_api(self.record.usage).special)

    @property
    def answered_by_another(self) -> bool:
        """Whether the API named another model, or a dated snapshot of it, than it was asked for."""
        return bool(self.record.model_answered) and self.record.model_answered != self.record.model_asked

    @property
    def cost(self) -> SafeString:
        """See `cost_of`."""
        return cost_of(self.record)


def _lines(usage: Usage, rates: Rates | None) -> list[Line]:
    """The price classes that were used, at these rates."""
    lines = []
    for label, name, rate_of in _CLASSES:
        if amount := getattr(usage, name):
            rate = getattr(rates, rate_of, None)
            unit = 1_000 if rate_of in TOOL_RATES else 1_000_000
            lines.append(Line(label, amount, rate, None if rate is None else amount * rate / unit))
    return lines


def cost_of(record: UsageRecord) -> SafeString:
    """The cost with its mark (``~`` estimated, ``≥`` lower bound), a badge where unpriced, nothing while it runs."""
    if record.end == UsageRecord.End.OPEN:
        return SafeString()
    if record.cost is None:
        return badge("alarm", "unpriced")
    return format_html("{}", money(record.cost, record.exactness))


def badge(kind: str, text: str) -> SafeString:
    """A word in a small box; ``kind`` is its colour."""
    return format_html('<span class="badge {}">{}</span>', kind, text)
