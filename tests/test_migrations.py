"""The migrations, on the database of the tests."""

import pytest
from django.core.management import call_command
from django.db import connection

from chat.models import LanguageModel

pytestmark = pytest.mark.django_db(transaction=True)


def schema():
    """What tables there are, with their columns, indexes and constraints (whose names may differ)."""
    with connection.cursor() as cursor:
        look = connection.introspection
        return {
            table: (
                [
                    (column.name, column.type_code, column.null_ok)
                    for column in look.get_table_description(cursor, table)
                ],
                sorted(repr(sorted(found.items())) for found in look.get_constraints(cursor, table).values()),
            )
            for table in look.table_names(cursor)
        }


def test_they_have_every_change_of_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_they_lead_back_to_nothing_and_from_nothing_to_the_same():
    before = schema()
    try:
        call_command("migrate", "chat", "zero", verbosity=0)
        assert not [table for table in schema() if table.startswith("chat_")]
    finally:
        call_command("migrate", verbosity=0)
    assert schema() == before
    assert LanguageModel.objects.exists()
