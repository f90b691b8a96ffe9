"""The index is made of what was there before it."""

import pytest
from django.core.management import call_command
from django.db import connection

from chat import search
from chat.models import Conversation
from tests.spending import conversation_of, message_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_said_before_the_index_was_made_is_found(alice):
    old = conversation_of(alice, turns=0, title="Bees")
    message_in(old, None, "user", "old wasps")
    message_in(old, None, "assistant", "being written", state="streaming")
    message_in(old, None, "assistant", "", state="failed")
    try:
        call_command("migrate", "chat", "0008", verbosity=0)
        assert not [name for name in connection.introspection.table_names() if name.startswith("chat_search")]
    finally:
        call_command("migrate", verbosity=0)
    for term, count in (("bees", 1), ('"old wasps"', 1), ("written", 0)):
        assert Conversation.objects.filter(search.find(term).found).count() == count
    message_in(old, None, "user", "new hornets")
    assert Conversation.objects.filter(search.find("hornets", owners=[alice.pk]).found).get() == old
