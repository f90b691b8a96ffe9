"""The worked examples of ``docs/costs.md``: read from the page, worked out by the ledger."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from chat import ledger
from chat.engine.ceiling import Ceiling, Size
from chat.models import UsageRecord

PAGE = (Path(__file__).parent.parent / "docs" / "costs.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"^\*\*(.+?)\.\*\* (claude-\S+) on (\d{4}-\d\d-\d\d).*?```json\n(.*?)```\n\n(\|.*?)\n\n", re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^\| ([a-z][^|]*?) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)
SUM = re.compile(r"^\| \*\*sum\*\* \| \| \| \*\*([\d.]+)\*\* \|$", re.MULTILINE)
EXAMPLES = EXAMPLE.findall(PAGE)
CLASSES = {
    "input": "input",
    "output": "output",
    "cache write, 5 min": "cache_write_5m",
    "cache write, 1 h": "cache_write_1h",
    "cache read": "cache_read",
    "web search": "web_search",
}


def recorded(user, model, day, usage):
    """The call as the ledger records it, on that day."""
    record = ledger.open_call(user_id=user.pk, model=model).record
    UsageRecord.objects.filter(pk=record).update(started_at=datetime.fromisoformat(day).replace(tzinfo=UTC))
    ledger.close_call(ledger.Call(record, model=model, usage=usage), "complete")
    return UsageRecord.objects.get(pk=record)


def test_all_examples_of_the_page_are_read():
    assert len(EXAMPLES) == PAGE.count("```json") == PAGE.count("| **sum** |") == 5


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "model", "day", "usage", "table"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_an_example_is_what_the_ledger_works_out(alice, name, model, day, usage, table):
    record = recorded(alice, model, day, json.loads(usage))
    total = Decimal(SUM.search(table)[1])
    assert record.cost == total == sum(Decimal(usd) for *_, usd in ROW.findall(table))
    assert len(ROW.findall(table)) == len(table.splitlines()) - 3, "a row cannot be read, besides the head and the sum"
    for label, count, rate, usd in ROW.findall(table):
        unit = 1_000 if label == "web search" else 1_000_000
        assert Decimal(count.replace(",", "")) * Decimal(rate) / unit == Decimal(usd)
        if label in CLASSES:
            assert record.price[CLASSES[label]] == rate


@pytest.mark.django_db
def test_the_example_of_a_budget_holds_back_what_it_says():
    size = Size.counted(1_000, 32_000)
    price = ledger.price_at("claude-sonnet-5-5", datetime(2026, 11, 21, tzinfo=UTC), size.prompt)
    ceiling = Ceiling.of(price, size.prompt)
    tokens = ceiling.affordable(Decimal("0.05"), size.answer)
    sent, held = ceiling.sent.normalize(), ceiling.cost(tokens).normalize()
    figures = (f"{size.prompt:,} ×", f"${sent:f},", f"{tokens:,} tokens", f"${held:f} is held back")
    assert all(figure in PAGE for figure in figures), figures
