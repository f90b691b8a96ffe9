"""What an estimate rests on. Of the calls that were closed before it is not known: only that they are not exact."""

from django.db import migrations, models


def tell_what_is_not_known(apps, schema_editor):
    """It can not be told any more whether count_tokens had answered."""
    apps.get_model("chat", "UsageRecord").objects.exclude(exactness="exact").update(estimated_by="unknown")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0013_slices"),
    ]

    operations = [
        migrations.AddField(
            model_name="usagerecord",
            name="estimated_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("prompt_counted", "count_tokens on the prompt"),
                    ("prompt_length", "the bytes of the prompt, divided by four"),
                    ("text_counted", "count_tokens on the text that arrived"),
                    ("text_length", "the bytes of the text that arrived, divided by four"),
                    ("saved_text_counted", "count_tokens on the text that was saved"),
                    ("saved_text_length", "the bytes of the text that was saved, divided by four"),
                    ("last_count", "what the API had told by then"),
                    ("last_run", "the API's total, put to the last run it told of"),
                    ("unknown", "not known: an older version closed it"),
                ],
                db_default="",
                default="",
                help_text="Empty where exact.",
                max_length=20,
            ),
        ),
        migrations.RunPython(tell_what_is_not_known, migrations.RunPython.noop),
    ]
