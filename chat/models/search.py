"""What can be found: the words of titles and of messages that are over. Written by `search` only."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from chat.models.conversation import Conversation, Message


class WordsField(models.Field[Sequence[str], Any]):
    """A list of `engine.words`: a ``tsvector`` on PostgreSQL, on SQLite the words with spaces. It is never read."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(self, value: Sequence[str], connection: BaseDatabaseWrapper, prepared: bool = False) -> str:
        if connection.vendor != "postgresql":
            return " ".join(value)
        places: dict[str, list[str]] = {}
        for place, word in enumerate(value, start=1):
            places.setdefault(word, []).append(str(place))
        return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())


class SearchEntry(models.Model):
    """A message, or the title of a conversation where there is no message.

    Its key is a whole number and grows with time: the newest can be found first, and SQLite's full-text table
    ``chat_searchwords``, which has triggers on this one, is tied to it (the rowid of a table whose key is a UUID may
    change with each VACUUM). A migration that has SQLite make this table anew must make the triggers anew.
    """

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="+")
    words = WordsField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(message=None), name="one_search_entry_per_title"
            )
        ]

    def __str__(self) -> str:
        return f"Search entry {self.pk}"
