"""Slices, which every rolled day lacks and will be built with; and indexes for the list of calls.

Each index is made by reading all usage records: of a million, seconds. SQLite writes them anew, which takes a minute.
"""

import chat.models.money
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0012_messages_by_state"),
    ]

    operations = [
        migrations.CreateModel(
            name="Slice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calls", models.PositiveIntegerField(default=0)),
                ("running", models.PositiveIntegerField(default=0)),
                ("unpriced", models.PositiveIntegerField(default=0)),
                ("estimated", models.PositiveIntegerField(default=0)),
                ("lower_bounds", models.PositiveIntegerField(default=0)),
                ("spent", chat.models.money.UsdField(default=Decimal(0))),
                ("spent_inexactly", chat.models.money.UsdField(default=Decimal(0))),
                ("sum_input", models.PositiveBigIntegerField(default=0)),
                ("sum_output", models.PositiveBigIntegerField(default=0)),
                ("sum_cache_write_5m", models.PositiveBigIntegerField(default=0)),
                ("sum_cache_write_1h", models.PositiveBigIntegerField(default=0)),
                ("sum_cache_read", models.PositiveBigIntegerField(default=0)),
                ("sum_thinking", models.PositiveBigIntegerField(default=0)),
                ("sum_web_searches", models.PositiveBigIntegerField(default=0)),
                ("sum_web_fetches", models.PositiveBigIntegerField(default=0)),
                ("model_asked", models.CharField(max_length=100)),
                ("purpose", models.CharField(max_length=10)),
                ("end", models.CharField(max_length=12)),
                ("exactness", models.CharField(max_length=12)),
                ("error_code", models.CharField(blank=True, max_length=50)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="rollup",
            name="one_rollup_per_day_and_key",
        ),
        migrations.RemoveIndex(
            model_name="usagerecord",
            name="chat_usager_started_93775d_idx",
        ),
        migrations.AlterField(
            model_name="usagerecord",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="usage_records",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["-started_at", "-id"], name="usage_records_by_start"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["model_asked", "-started_at"], name="usage_records_by_model"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["error_code", "-started_at"], name="usage_records_by_error"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["cost", "id"], name="usage_records_by_cost"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(
                fields=["request_id"], name="usage_records_by_request", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.UniqueConstraint(fields=("by", "key", "day"), name="one_rollup_per_key_and_day"),
        ),
        migrations.AddField(
            model_name="slice",
            name="day",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="slices", to="chat.rolledday"
            ),
        ),
        migrations.RunSQL("UPDATE chat_rolledday SET stale = true", migrations.RunSQL.noop),
    ]
