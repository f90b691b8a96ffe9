"""Rows as CSV and as JSON Lines.

Money is an exact decimal number of USD (in JSON a string, so that no reader makes a float of it), times are ISO 8601
in UTC to the microsecond, and what is not known is empty in CSV and null in JSON.
"""

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from chat.models.money import exact_usd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Form(ABC):
    """How a table is written."""

    suffix: str
    content_type: str

    @abstractmethod
    def head(self, columns: Sequence[str]) -> bytes:
        """What stands before the first row."""

    @abstractmethod
    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
        """These rows."""


class Csv(Form):
    """RFC 4180: a line with the names of the columns, then one for each row.

    A text that a spreadsheet would take for a formula has an apostrophe before it.
    """

    suffix = "csv"
    content_type = "text/csv; charset=utf-8"

    def head(self, columns: Sequence[str]) -> bytes:
        """The names of the columns."""
        return self.rows(columns, [columns])

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
        """A line for each, with commas."""
        text = io.StringIO()
        csv.writer(text).writerows([_cell(plain(value)) for value in row] for row in rows)
        return text.getvalue().encode("utf-8", "replace")


class JsonLines(Form):
    """One JSON object in each line."""

    suffix = "jsonl"
    content_type = "application/jsonl; charset=utf-8"

    def head(self, columns: Sequence[str]) -> bytes:
        """Nothing: each row names its columns."""
        return b""

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
        """An object for each."""
        return b"".join(json_of(dict(zip(columns, row, strict=True))) + b"\n" for row in rows)


FORMS: dict[str, Form] = {form.suffix: form for form in (Csv(), JsonLines())}


def json_of(value: Any) -> bytes:
    """A value as JSON in one line of UTF-8. Half a character, which JSON allows and UTF-8 does not, is escaped."""
    return json.dumps(value, default=plain, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )


def plain(value: Any) -> Any:
    """Money, times and ids as texts; whatever else as it is."""
    if isinstance(value, Decimal):
        return exact_usd(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
