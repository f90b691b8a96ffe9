import chat.models.money
import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="LanguageModel",
            fields=[
                ("id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=100)),
                (
                    "context_tokens",
                    models.PositiveIntegerField(help_text="Longest prompt and answer together, in tokens."),
                ),
                (
                    "max_output_tokens",
                    models.PositiveIntegerField(help_text="Longest answer, in tokens, thinking included."),
                ),
                (
                    "thinking_types",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='What its "thinking" setting takes: adaptive, enabled, disabled, between_tools.',
                    ),
                ),
                (
                    "default_effort",
                    models.CharField(blank=True, help_text="What the API uses when none is asked for.", max_length=10),
                ),
                ("enabled", models.BooleanField(default=True, help_text="Offered in the model picker.")),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=100, help_text="Order in the picker, smallest first."),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("model", models.CharField(help_text="Id of the model that new messages are sent to.", max_length=100)),
                ("system_prompt", models.TextField(blank=True)),
                ("archived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "updated_at",
                    models.DateTimeField(auto_now_add=True, help_text="When it last took a message or an answer."),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-updated_at"],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(choices=[("user", "User"), ("assistant", "Assistant")], max_length=10)),
                ("content", models.JSONField(default=list, help_text="Content blocks in the API's own shape.")),
                ("text", models.TextField(blank=True, help_text="The readable text of the content, for search.")),
                ("model", models.CharField(blank=True, help_text="The model an answer was asked of.", max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("streaming", "Streaming"),
                            ("complete", "Complete"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                            ("interrupted", "Interrupted"),
                        ],
                        default="complete",
                        max_length=12,
                    ),
                ),
                ("stop_reason", models.CharField(blank=True, max_length=50)),
                ("error_code", models.CharField(blank=True, max_length=50)),
                ("error_detail", models.TextField(blank=True)),
                (
                    "runner",
                    models.CharField(
                        blank=True, help_text="The process that makes or made the answer.", max_length=200
                    ),
                ),
                ("heartbeat", models.DateTimeField(blank=True, null=True)),
                ("stop_requested", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="chat.conversation"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="chat.message",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField()),
                ("prompt_over", models.PositiveIntegerField(default=0)),
                ("input", models.DecimalField(decimal_places=6, max_digits=12)),
                ("output", models.DecimalField(decimal_places=6, max_digits=12)),
                ("cache_write_5m", models.DecimalField(decimal_places=6, max_digits=12)),
                ("cache_write_1h", models.DecimalField(decimal_places=6, max_digits=12)),
                ("cache_read", models.DecimalField(decimal_places=6, max_digits=12)),
                (
                    "web_search",
                    models.DecimalField(
                        decimal_places=6, default=10, help_text="USD per 1,000 searches.", max_digits=12
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="chat.languagemodel"
                    ),
                ),
            ],
            options={
                "ordering": ["model", "-valid_from", "prompt_over"],
            },
        ),
        migrations.CreateModel(
            name="UsageRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("answer", "Answer"), ("title", "Title")], default="answer", max_length=10
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                ("model_asked", models.CharField(max_length=100)),
                ("model_answered", models.CharField(blank=True, max_length=100)),
                ("request_id", models.CharField(blank=True, max_length=100)),
                ("input_tokens", models.PositiveIntegerField(default=0)),
                ("output_tokens", models.PositiveIntegerField(default=0)),
                ("cache_write_5m_tokens", models.PositiveIntegerField(default=0)),
                ("cache_write_1h_tokens", models.PositiveIntegerField(default=0)),
                ("cache_read_tokens", models.PositiveIntegerField(default=0)),
                ("thinking_tokens", models.PositiveIntegerField(default=0)),
                ("web_searches", models.PositiveIntegerField(default=0)),
                ("usage", models.JSONField(default=dict, help_text="The API's own usage object, all events merged.")),
                (
                    "price",
                    models.JSONField(help_text="The price it was charged with, USD per million tokens.", null=True),
                ),
                ("cost", chat.models.money.UsdField(help_text="USD; empty where the model has no price.", null=True)),
                (
                    "exactness",
                    models.CharField(
                        choices=[("exact", "Exact"), ("estimated", "Estimated"), ("lower_bound", "Lower bound")],
                        default="exact",
                        max_length=12,
                    ),
                ),
                (
                    "end",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("complete", "Complete"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                            ("interrupted", "Interrupted"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=50)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("first_token_seconds", models.FloatField(null=True)),
                ("seconds", models.FloatField(null=True)),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="usage_records",
                        to="chat.message",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="usage_records",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["owner", "archived", "-updated_at"], name="chat_conver_owner_i_f4f61c_idx"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["conversation", "created_at"], name="chat_messag_convers_3154fc_idx"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "streaming"))),
                fields=["heartbeat"],
                name="open_turns_by_heartbeat",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "streaming"))),
                fields=("conversation",),
                name="one_open_turn_per_conversation",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(
                fields=("model", "valid_from", "prompt_over"), name="one_price_per_start_and_band"
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cache_read__gte", 0),
                    ("cache_write_1h__gte", 0),
                    ("cache_write_5m__gte", 0),
                    ("input__gte", 0),
                    ("output__gte", 0),
                    ("web_search__gte", 0),
                ),
                name="no_price_is_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["-started_at"], name="chat_usager_started_93775d_idx"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(fields=["user", "-started_at"], name="chat_usager_user_id_8c9f36_idx"),
        ),
        migrations.AddIndex(
            model_name="usagerecord",
            index=models.Index(condition=models.Q(("end", "open")), fields=["end"], name="open_usage_records"),
        ),
    ]
