"""Usage records as a table. ``docs/costs.md`` says what the columns are; they are never renamed."""

from collections.abc import Mapping, Sequence
from typing import Any

from chat.exports.forms import Csv, Form
from chat.exports.table import Table
from chat.models import UsageRecord

FIELDS: Mapping[str, str] = {
    "id": "pk",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "user_id": "user_id",
    "user": "user__username",
    "conversation_id": "message__conversation_id",
    "message_id": "message_id",
    "purpose": "purpose",
    "attempt": "attempt",
    "model_asked": "model_asked",
    "model_answered": "model_answered",
    "request_id": "request_id",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "thinking_tokens": "thinking_tokens",
    "web_searches": "web_searches",
    "web_fetches": "web_fetches",
    "cost_usd": "cost",
    "billed": "billed",
    "exactness": "exactness",
    "end": "end",
    "error_code": "error_code",
    "first_token_seconds": "first_token_seconds",
    "seconds": "seconds",
    "estimated_by": "estimated_by",
}
"""Columns, and where each is from."""
RAW = {"usage": "usage", "price": "price"}
"""Objects, for which CSV has no place."""


def table(form: Form) -> Table:
    """The table of usage records, as this form can hold it."""
    fields = FIELDS if isinstance(form, Csv) else {**FIELDS, **RAW}

    def read(keys: list[int]) -> list[Sequence[Any]]:
        return list(UsageRecord.objects.order_by().filter(pk__in=keys).values_list(*fields.values()))

    return Table(list(fields), read)
