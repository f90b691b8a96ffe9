"""Many rows at once, as they are: no time stamp is set anew, nothing is told to anybody."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

ROWS = 5_000
"""Rows that are made before they are written: what bounds the memory."""


def insert(rows: Iterable[models.Model]) -> None:
    """Write rows of one model."""
    made = list(rows)
    if not made:
        return
    options = made[0]._meta
    fields = [each for each in options.concrete_fields if not each.generated and _given(made[0], each)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in made]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(options.db_table)} ({columns}) VALUES ({marks})", values)  # noqa: S608


def _given(row: models.Model, field: models.Field[Any, Any]) -> bool:
    return not isinstance(field, models.AutoField) or getattr(row, field.attname) is not None
