"""Columns to order and filter conversations by, computed for those that are there. A hundred thousand take seconds."""

import chat.models.money
from decimal import Decimal
from django.db import migrations, models

FILL = """
UPDATE chat_conversation SET
    message_count = (SELECT count(*) FROM chat_message AS held WHERE held.conversation_id = chat_conversation.id),
    spent = coalesce((
        SELECT sum(made.cost) FROM chat_usagerecord AS made JOIN chat_message AS held ON held.id = made.message_id
        WHERE held.conversation_id = chat_conversation.id
    ), 0),
    unpriced = (
        SELECT count(*) FROM chat_usagerecord AS made JOIN chat_message AS held ON held.id = made.message_id
        WHERE held.conversation_id = chat_conversation.id AND made.cost IS NULL AND made."end" <> 'open'
    )
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0010_log_entries_without_titles"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="message_count",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="In all branches."),
        ),
        migrations.AddField(
            model_name="conversation",
            name="spent",
            field=chat.models.money.UsdField(
                db_default=0, default=Decimal(0), editable=False, help_text="USD, of the calls with a price."
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="unpriced",
            field=models.PositiveIntegerField(
                db_default=0, default=0, editable=False, help_text="Calls that are over and have no price."
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
