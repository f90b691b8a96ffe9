"""A table, written a portion at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chat.exports.forms import Form
from chat.models.keys import Keys

PORTION = 500
"""Rows in memory at a time. Each portion is a few short queries by key."""


@dataclass(frozen=True, slots=True)
class Table:
    """``read`` gives the rows of these keys, in any order, each beginning with its key. What is gone is left out."""

    columns: Sequence[str]
    read: Callable[[list[Any]], list[Sequence[Any]]]

    def pieces(self, keys: Keys, form: Form) -> Iterator[bytes]:
        """The file, in the order of the keys."""
        yield form.head(self.columns)
        for portion in keys.portions(PORTION):
            rows = {row[0]: row for row in self.read(portion)}
            yield form.rows(self.columns, [rows.get(key) or self._gone(key) for key in portion])

    def _gone(self, key: Any) -> Sequence[Any]:
        # So that a file always holds as many rows as its name says.
        return [key, *[None] * (len(self.columns) - 1)]
