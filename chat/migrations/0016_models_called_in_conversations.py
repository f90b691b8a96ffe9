"""Which models were called in each conversation, to filter by. A hundred thousand conversations take a minute."""

import re
from collections import defaultdict

from django.db import migrations, models

TOGETHER = 2_000
SNAPSHOT = re.compile(r"-20\d{6}$")


def fill(apps, schema_editor):
    """Who was asked, and who answered; of a call in several runs each."""
    conversations = apps.get_model("chat", "Conversation").objects.order_by()
    answers = apps.get_model("chat", "Message").objects.order_by().filter(role="assistant")
    calls = apps.get_model("chat", "UsageRecord").objects.order_by().filter(purpose="answer")
    keys = list(conversations.values_list("pk", flat=True))
    for start in range(0, len(keys), TOGETHER):
        some, found = keys[start : start + TOGETHER], defaultdict(set)
        asked = answers.filter(conversation__in=some).values_list("conversation", "model")
        for key, model in asked.distinct():
            found[key].add(model)
        answered = calls.filter(message__conversation__in=some).values_list(
            "message__conversation", "model_answered", "usage__iterations"
        )
        for key, model, runs in answered.distinct():
            found[key] |= {model, *(run.get("model") for run in runs or [] if isinstance(run, dict))}
        alike = defaultdict(list)
        for key, names in found.items():
            alike[words(names)].append(key)
        for called, same in alike.items():
            conversations.filter(pk__in=same).update(called_models=called)


def words(names):
    """The aliases of these models, a space before and after each."""
    told = {name for name in names if name and isinstance(name, str)}
    return "".join(sorted({f" {'_'.join(SNAPSHOT.sub('', name).split())} " for name in told}))


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0015_search_reads_forwards"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="called_models",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Which were asked for its answers, and which gave them: ids, a space before and after each.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
