"""The index for full-text search, filled with what is there; see ``chat.search``.

Reading a million messages takes minutes (docs/operations.md has them). On PostgreSQL nobody waits meanwhile: the table is
new, and of the others rows are only read. On SQLite, which has one writer, whoever writes waits.
"""

import chat.models.search
import django.db.models.deletion
from chat.engine.words import words
from django.db import migrations, models

BATCH = 200  # conversations

# A random sample of the rows tells how common the words are. Of common ones the newest rows are read until enough of
# them are found; of others the index knows all, without ever reading the rest of the rows, which the planner would do.
POSTGRESQL = """
CREATE FUNCTION chat_found(loose tsquery, exact tsquery, most integer, reach integer, sample real)
RETURNS TABLE (conversations text, more boolean)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET work_mem = '16MB'
SET jit = off
AS $$
DECLARE
    about float;
BEGIN
    SELECT count(*) FILTER (WHERE words @@ loose) * max(known.rows) / greatest(count(*), 1) INTO about
    FROM chat_searchentry TABLESAMPLE SYSTEM (sample),
        (SELECT reltuples AS rows FROM pg_class WHERE oid = 'chat_searchentry'::regclass) AS known;
    IF about > most THEN
        RETURN QUERY SELECT array_agg(DISTINCT found.conversation_id)::text, true FROM (
            SELECT newest.conversation_id
            FROM (SELECT * FROM chat_searchentry ORDER BY id DESC LIMIT reach) AS newest
            WHERE newest.words @@ exact LIMIT most
        ) AS found;
    ELSE
        RETURN QUERY SELECT array_agg(DISTINCT entry.conversation_id)::text, false FROM chat_searchentry AS entry
        WHERE entry.words @@ loose AND (exact = loose OR entry.words @@ exact);
    END IF;
END
$$
"""
POSTGRESQL_FILLED = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE INDEX chat_searchentry_words ON chat_searchentry USING gin (words);
SET CONSTRAINTS ALL DEFERRED
"""
SQLITE = [
    """
    CREATE VIRTUAL TABLE chat_searchwords USING fts5(
        words, content='chat_searchentry', content_rowid='id', columnsize=0, prefix='3', tokenize="ascii tokenchars '_'"
    )
    """
]
SQLITE_FILLED = [
    "INSERT INTO chat_searchwords(chat_searchwords) VALUES ('rebuild')",
    """
    CREATE TRIGGER chat_searchentry_inserted AFTER INSERT ON chat_searchentry BEGIN
        INSERT INTO chat_searchwords(rowid, words) VALUES (new.id, new.words);
    END
    """,
    """
    CREATE TRIGGER chat_searchentry_deleted AFTER DELETE ON chat_searchentry BEGIN
        INSERT INTO chat_searchwords(chat_searchwords, rowid, words) VALUES ('delete', old.id, old.words);
    END
    """,
    """
    CREATE TRIGGER chat_searchentry_updated AFTER UPDATE OF words ON chat_searchentry BEGIN
        INSERT INTO chat_searchwords(chat_searchwords, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO chat_searchwords(rowid, words) VALUES (new.id, new.words);
    END
    """,
]


def prepare(apps, editor):
    run(editor, [POSTGRESQL], SQLITE)


def finish(apps, editor):
    run(editor, [POSTGRESQL_FILLED], SQLITE_FILLED)


def remove(apps, editor):
    run(editor, ["DROP FUNCTION chat_found"], ["DROP TABLE chat_searchwords"])


def run(editor, postgresql, sqlite):
    with editor.connection.cursor() as cursor:
        for statement in postgresql if editor.connection.vendor == "postgresql" else sqlite:
            cursor.execute(statement)


def fill(apps, editor):
    """What was active last comes last, so that it is found first."""
    conversations, messages = apps.get_model("chat", "Conversation").objects, apps.get_model("chat", "Message").objects
    entry = apps.get_model("chat", "SearchEntry")
    keys = list(conversations.order_by("updated_at").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        entries = {key: [] for key in keys[start : start + BATCH]}
        titled = conversations.filter(pk__in=entries).exclude(title="")
        for key, owner, title in titled.values_list("pk", "owner", "title"):
            entries[key].append(entry(conversation_id=key, words=[f"_{owner}", *words(title)]))
        over = messages.exclude(state__in=("queued", "streaming")).exclude(text="").order_by("created_at")
        found = over.filter(conversation__in=entries)
        for message, key, owner, text in found.values_list("pk", "conversation", "conversation__owner", "text"):
            entries[key].append(entry(conversation_id=key, message_id=message, words=[f"_{owner}", *words(text)]))
        entry.objects.bulk_create([each for those in entries.values() for each in those], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0008_legal_holds_and_deleted_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chat.conversation"
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chat.message"
                    ),
                ),
                ("words", chat.models.search.WordsField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("message", None)),
                        fields=("conversation",),
                        name="one_search_entry_per_title",
                    )
                ],
            },
        ),
        migrations.RunPython(prepare, remove),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(finish, migrations.RunPython.noop),
    ]
