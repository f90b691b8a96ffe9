"""One call to the API as administrators read it: what was counted, what it cost and how that came about."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.engine.pricing import TOOL_RATES
from chat.engine.usage import Terms
from chat.models import UsageRecord
from chat.templatetags.figures import money

_CLASSES = (
    ("Input", "input_tokens", "input"),
    ("Cache write, 5 min", "cache_write_5m_tokens", "cache_write_5m"),
    ("Cache write, 1 h", "cache_write_1h_tokens", "cache_write_1h"),
    ("Cache read", "cache_read_tokens", "cache_read"),
    ("Output", "output_tokens", "output"),
    ("Web searches", "web_searches", "web_search"),
    ("Web fetches", "web_fetches", "web_fetch"),
)


class Line(NamedTuple):
    """One price class: its amount, USD per million (tools: per thousand) and USD; empty where there is no one rate."""

    label: str
    amount: int
    rate: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True)
class Call:
    """A usage record with what is derived from it."""

    record: UsageRecord

    @property
    def lines(self) -> list[Line]:
        """The price classes that were used."""
        lines = []
        for label, column, name in _CLASSES:
            if amount := getattr(self.record, column):
                rate = self._rate(name)
                unit = 1_000 if name in TOOL_RATES else 1_000_000
                lines.append(Line(label, amount, rate, None if rate is None else amount * rate / unit))
        return lines

    @property
    def itemized(self) -> bool:
        """Whether there is a price to show beside what was counted: not where there is none, or one for each run."""
        return any(line.rate is not None for line in self.lines)

    @property
    def terms(self) -> str:
        """Where, how fast and in which tier it was served, where that may change the price: ``us, fast``."""
        return ", ".join(Terms.from_api(self.record.usage).special)

    def _rate(self, name: str) -> Decimal | None:
        kept = (self.record.price or {}).get(name) if self.record.billed else None
        return None if kept is None else Decimal(kept)

    @property
    def answered_by_another(self) -> bool:
        """Whether the API named another model, or a dated snapshot of it, than it was asked for."""
        return bool(self.record.model_answered) and self.record.model_answered != self.record.model_asked

    @property
    def cost(self) -> SafeString:
        """See `cost_of`."""
        return cost_of(self.record)


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
