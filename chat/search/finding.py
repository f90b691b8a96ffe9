"""What a term finds. Each database is asked in its own language, with words that have neither quotes nor signs."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from chat.engine.words import LONGEST_TERM, MOST_TERMS, Phrase, Query, parse
from chat.models import Conversation
from chat.search.index import owner_word

MOST = 50_000
"""Messages that may be found; of more, these are the newest."""
REACH = 200_000
"""Messages that are read one after the other: `within` some, and by PostgreSQL where it would find more than `MOST`."""

SAMPLE = 0.2
"""Percent of the index that tell it."""

_POSTGRESQL = "SELECT conversations, more FROM chat_found(%s::tsquery, %s::tsquery, %s, %s, %s)"
_POSTGRESQL_NEWEST = """
SELECT conversation_id, message_id FROM chat_searchentry
WHERE conversation_id = ANY(%s) AND message_id IS NOT NULL AND words @@ %s::tsquery ORDER BY id
"""
# Conversation by conversation: the planner would read all messages of the site that have the word.
_POSTGRESQL_WITHIN = """
SELECT array_agg(chosen.id)::text FROM unnest(%s::uuid[]) AS chosen (id) WHERE EXISTS (
    SELECT FROM (SELECT words FROM chat_searchentry WHERE conversation_id = chosen.id OFFSET 0) AS said
    WHERE said.words @@ %s::tsquery
)
"""
_SQLITE_FOUND = """
SELECT entry.id, entry.conversation_id, entry.message_id FROM chat_searchwords
JOIN chat_searchentry AS entry ON entry.id = chat_searchwords.rowid
WHERE chat_searchwords MATCH %s ORDER BY chat_searchwords.rowid DESC LIMIT %s
"""
_SQLITE = f"SELECT json_group_array(DISTINCT conversation_id), count(*) = %s FROM ({_SQLITE_FOUND})"  # noqa: S608
_SQLITE_NEWEST = f"""
SELECT conversation_id, message_id FROM ({_SQLITE_FOUND})
WHERE message_id IS NOT NULL AND conversation_id IN (SELECT value FROM json_each(%s)) ORDER BY id
"""  # noqa: S608 - made of constants
_SQLITE_WITHIN = """
SELECT json_group_array(DISTINCT conversation_id) FROM chat_searchentry
WHERE conversation_id IN (SELECT value FROM json_each(%s)) AND {}
"""


@dataclass(frozen=True, slots=True)
class Hits:
    """What was ``asked`` in the database's language, and what was found, as a list of the database's own.

    ``more``: there may be older ones that were not looked at.
    """

    query: Query
    asked: str = ""
    conversations: str = ""
    more: bool = False

    @property
    def found(self) -> Q:
        """The condition that a conversation was found."""
        if not self.conversations:
            return Q(pk__in=[])
        table = "SELECT unnest(%s::uuid[])" if _is_postgresql() else "SELECT value FROM json_each(%s)"
        return Q(pk__in=RawSQL(table, [self.conversations]))  # noqa: S611 - one parameter

    def messages(self, conversations: Collection[UUID]) -> dict[UUID, UUID]:
        """In each of these conversations the newest message that was found; none where it is the title alone."""
        if not self.conversations or not conversations:
            return {}
        if _is_postgresql():
            rows = _rows(_POSTGRESQL_NEWEST, [list(conversations), self.asked])
        else:
            keys = json.dumps([key.hex for key in conversations])
            rows = _rows(_SQLITE_NEWEST, [self.asked, MOST, keys])
        return {_uuid(conversation): _uuid(message) for conversation, message in rows}

    def within(self, conversations: QuerySet[Conversation]) -> "Hits":
        """What these conversations hold, however old and common: the newest of them are read, `REACH` messages."""
        keys, more = _newest(conversations)
        if _is_postgresql():
            [(found,)] = _rows(_POSTGRESQL_WITHIN, [keys, self.asked])
        else:
            condition, words = _condition(self.query)
            [(found,)] = _rows(_SQLITE_WITHIN.format(condition), [json.dumps([key.hex for key in keys]), *words])
        return replace(self, conversations=found or "", more=more)

    @property
    def note(self) -> str:
        """What to tell the person besides what was found; empty where that is all there is to say."""
        told = [self.query.problem] if self.query.problem else []
        if self.query.cut:
            told.append(f"Only the first {LONGEST_TERM} characters and {MOST_TERMS} words are searched for.")
        if self.more:
            told.append("This is in so many messages that only the newest were looked at. Add a rarer word.")
        return " ".join(told)


def find(term: str, *, owners: Collection[int] | None = None) -> Hits:
    """Search everybody's conversations, or some people's. Any string will do; `Hits.note` says what was wrong."""
    query = parse(term)
    if not query.wanted or (owners is not None and not owners):
        return Hits(query)
    scope = [owner_word(owner) for owner in owners or ()]
    if _is_postgresql():
        loose, asked = _tsqueries(scope, query.wanted, query.unwanted)
        [(found, more)] = _rows(_POSTGRESQL, [loose, asked, MOST, REACH, SAMPLE])
    else:
        asked = _match(scope, query.wanted, query.unwanted)
        [(found, more)] = _rows(_SQLITE, [MOST, asked, MOST])
    return Hits(query, asked, found or "", bool(more))


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _tsqueries(scope: Collection[str], wanted: Collection[Phrase], unwanted: Collection[Phrase]) -> tuple[str, str]:
    """The words without the order of phrases, which the index alone can answer; and all of it."""
    within = ["({})".format(" | ".join(f"'{word}'" for word in scope))] if scope else []
    exact = [*within, *map(_tsquery, wanted), *(f"!({_tsquery(phrase)})" for phrase in unwanted)]
    loose = [*within, *(_tsquery(phrase, " & ") for phrase in wanted)]
    loose += [f"!({_tsquery(phrase)})" for phrase in unwanted if len(phrase.words) == 1]
    return " & ".join(loose), " & ".join(exact)


def _tsquery(phrase: Phrase, between: str = " <-> ") -> str:
    return between.join(f"'{word}'" for word in phrase.words) + (":*" if phrase.begins else "")


def _match(scope: Collection[str], wanted: Collection[Phrase], unwanted: Collection[Phrase]) -> str:
    within = ["({})".format(" OR ".join(f'"{word}"' for word in scope))] if scope else []
    found = " AND ".join((*within, *map(_fts5, wanted)))
    return " NOT ".join([f"({found})", *map(_fts5, unwanted)])


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"' + ("*" if phrase.begins else "")


def _newest(conversations: QuerySet[Conversation]) -> tuple[list[UUID], bool]:
    """The newest of these that hold `REACH` messages, and whether there are others."""
    keys: list[UUID] = []
    left = REACH
    for key, messages in conversations.order_by("-updated_at").values_list("pk", "message_count").iterator():
        if left <= 0:
            return keys, True
        keys.append(key)
        left -= messages
    return keys, False


def _condition(query: Query) -> tuple[str, list[str]]:
    """The same as a condition on the words themselves, with its parameters."""
    holds = "instr(' ' || words || ' ', %s)"
    conditions = [*[holds] * len(query.wanted), *[f"NOT {holds}"] * len(query.unwanted)]
    phrases = [*query.wanted, *query.unwanted]
    return " AND ".join(conditions), [f" {' '.join(each.words)}{'' if each.begins else ' '}" for each in phrases]


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
