"""Log entries of the administration that named conversations by their titles, which are text."""

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr


def forget_titles(apps, schema_editor):
    entries = apps.get_model("admin", "LogEntry").objects.using(schema_editor.connection.alias)
    named = entries.filter(content_type__app_label="chat", content_type__model="conversation")
    named.update(object_repr=Concat(Value("Conversation "), Substr(F("object_id"), 1, 8)))


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("chat", "0009_full_text_search"),
    ]

    operations = [migrations.RunPython(forget_titles, migrations.RunPython.noop)]
