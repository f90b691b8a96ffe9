"""The migrations, on the database of the tests."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from chat.models import Conversation, LanguageModel, UsageRecord, User
from tests.spending import conversation_of, record_of

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


def test_log_entries_forget_the_titles_of_conversations(admin):
    key = uuid4()
    kind = ContentType.objects.get_for_model(Conversation)
    try:
        call_command("migrate", "chat", "0009", verbosity=0)
        for title, model in (("A secret", kind), ("alice", ContentType.objects.get_for_model(User))):
            LogEntry.objects.create(
                user=admin, content_type=model, object_id=str(key), object_repr=title, action_flag=DELETION
            )
    finally:
        call_command("migrate", verbosity=0)
    named = LogEntry.objects.order_by("pk").values_list("object_repr", flat=True)
    assert list(named) == [f"Conversation {str(key)[:8]}", "alice"]


def test_of_calls_closed_before_it_was_kept_nobody_knows_what_an_estimate_rests_on(alice):
    exact, guessed, least = (record_of(alice, exactness=each) for each in ("exact", "estimated", "lower_bound"))
    try:
        call_command("migrate", "chat", "0013", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    kept = dict(UsageRecord.objects.values_list("pk", "estimated_by"))
    assert kept == {exact.pk: "", guessed.pk: "unknown", least.pk: "unknown"}


def test_conversations_that_were_there_before_know_which_models_were_called_in_them(alice):
    runs = [{"model": "claude-fable-5-2"}, {"model": "claude-opus-5-5-20261001"}, None]
    said, empty = conversation_of(alice, turns=2), conversation_of(alice, turns=0)
    record_of(alice, message=said.messages.last(), usage={"iterations": runs})
    record_of(alice, message=said.messages.last(), purpose="title", model_answered="claude-haiku-5-5")
    before = Conversation.objects.get(pk=said.pk).called_models
    try:
        call_command("migrate", "chat", "0014", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    kept = dict(Conversation.objects.values_list("pk", "called_models"))
    assert kept == {said.pk: " claude-fable-5-2  claude-opus-5-5  claude-sonnet-5-5 ", empty.pk: ""}
    assert kept[said.pk] == before
