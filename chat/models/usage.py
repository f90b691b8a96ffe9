"""What every call to the API cost. These rows outlive the messages and the people they were made for."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models

from chat.engine.usage import LARGEST, Usage
from chat.models import lookups  # noqa: F401 - registers them
from chat.models.conversation import Message
from chat.models.money import UsdField

CLASSES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "cache_read": "cache_read_tokens",
    "thinking": "thinking_tokens",
    "web_searches": "web_searches",
    "web_fetches": "web_fetches",
}
"""The columns of a record that hold a `Usage`."""


def columns_of(usage: Usage) -> dict[str, int]:
    """What these columns hold of a usage: what is larger than any call has no cost either."""
    return {column: min(getattr(usage, name), LARGEST) for name, column in CLASSES.items()}


class UsageRecord(models.Model):
    """One upstream call: opened before it is made, closed when it is over, whatever its end. Written by `ledger` only.

    Tokens are disjoint price classes: the whole prompt is ``input + cache writes + cache_read``. ``thinking_tokens``
    are part of ``output_tokens``. ``cost`` is empty where the model has no price, and never zero for that reason.
    ``price`` is a `pricing.Rates`, or ``{"iterations": [one for each]}`` where these were charged at different rates.
    """

    class Purpose(models.TextChoices):
        """What the call was made for."""

        ANSWER = "answer"
        TITLE = "title"

    class End(models.TextChoices):
        """How the call ended."""

        OPEN = "open"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    class Exactness(models.TextChoices):
        """Whether the tokens are the API's own figures, an estimate, or less than was billed."""

        EXACT = "exact"
        ESTIMATED = "estimated"
        LOWER_BOUND = "lower_bound", "Lower bound"

    class EstimatedBy(models.TextChoices):
        """What the figures of a call rest on that are not exact.

        What the API has told by then is in the figures in any case, as a rule the input side and a count of the output:
        an estimate is of the rest.
        """

        PROMPT_COUNTED = "prompt_counted", "count_tokens on the prompt"
        PROMPT_LENGTH = "prompt_length", "the bytes of the prompt, divided by four"
        TEXT_COUNTED = "text_counted", "count_tokens on the text that arrived"
        TEXT_LENGTH = "text_length", "the bytes of the text that arrived, divided by four"
        SAVED_TEXT_COUNTED = "saved_text_counted", "count_tokens on the text that was saved"
        SAVED_TEXT_LENGTH = "saved_text_length", "the bytes of the text that was saved, divided by four"
        LAST_COUNT = "last_count", "what the API had told by then"
        LAST_RUN = "last_run", "the API's total, put to the last run it told of"
        UNKNOWN = "unknown", "not known: an older version closed it"

    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="usage_records")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False, related_name="usage_records"
    )
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ANSWER)
    attempt = models.PositiveSmallIntegerField(default=1)
    model_asked = models.CharField(max_length=100)
    model_answered = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cache_write_5m_tokens = models.PositiveIntegerField(default=0)
    cache_write_1h_tokens = models.PositiveIntegerField(default=0)
    cache_read_tokens = models.PositiveIntegerField(default=0)
    thinking_tokens = models.PositiveIntegerField(default=0)
    web_searches = models.PositiveIntegerField(default=0)
    web_fetches = models.PositiveIntegerField(default=0, db_default=0)
    usage = models.JSONField(default=dict, help_text="The API's own usage object, all events merged.")
    price = models.JSONField(
        null=True, help_text="The rates it was charged at, USD per million tokens, factors applied."
    )
    cost = UsdField(null=True, help_text="USD; empty where the model has no price.")
    billed = models.BooleanField(
        default=True, db_default=True, help_text="False where the API counts but does not charge: a refusal."
    )
    reserved = UsdField(
        default=Decimal(0), db_default=Decimal(0), help_text="USD held back for the call while it is open."
    )
    max_tokens = models.PositiveIntegerField(
        null=True, help_text="The longest answer that was paid for in advance; empty where no hard budget bound."
    )
    exactness = models.CharField(max_length=12, choices=Exactness.choices, default=Exactness.EXACT)
    estimated_by = models.CharField(
        max_length=20,
        choices=EstimatedBy.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Empty where exact.",
    )
    end = models.CharField(max_length=12, choices=End.choices, default=End.OPEN)
    error_code = models.CharField(max_length=50, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    first_token_seconds = models.FloatField(null=True)
    seconds = models.FloatField(null=True)

    class Meta:
        ordering: ClassVar = ["-started_at"]
        indexes: ClassVar = [
            models.Index(fields=["-started_at", "-id"], name="usage_records_by_start"),
            models.Index(fields=["user", "-started_at"]),
            models.Index(fields=["model_asked", "-started_at"], name="usage_records_by_model"),
            models.Index(fields=["error_code", "-started_at"], name="usage_records_by_error"),
            models.Index(fields=["cost", "id"], name="usage_records_by_cost"),
            models.Index(fields=["request_id"], opclasses=["varchar_pattern_ops"], name="usage_records_by_request"),
            models.Index(fields=["end"], condition=models.Q(end="open"), name="open_usage_records"),
            models.Index(fields=["model_asked"], condition=models.Q(cost=None), name="usage_records_without_cost"),
        ]

    def __str__(self) -> str:
        return f"{self.model_asked} {self.started_at:%Y-%m-%d %H:%M}"
