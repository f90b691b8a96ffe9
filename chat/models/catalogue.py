"""The models people can choose, and what they cost: rows, shipped as data in ``catalogue.json``."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chat.engine import pricing

CATALOGUE = Path(__file__).with_name("catalogue.json")
_SNAPSHOT = re.compile(r"-20\d{6}$")


def alias_of(model: str) -> str:
    """The alias behind a dated snapshot: ``claude-haiku-4-5-20251001`` is ``claude-haiku-4-5``."""
    return _SNAPSHOT.sub("", model)


class LanguageModel(models.Model):
    """A model of the API; the key is the API's own id, e.g. ``claude-sonnet-5-5``."""

    id = models.CharField(primary_key=True, max_length=100)
    label = models.CharField(max_length=100)
    context_tokens = models.PositiveIntegerField(help_text="Longest prompt and answer together, in tokens.")
    max_output_tokens = models.PositiveIntegerField(help_text="Longest answer, in tokens, thinking included.")
    thinking_types = models.JSONField(
        default=list,
        blank=True,
        help_text='What its "thinking" setting takes: adaptive, enabled, disabled, between_tools.',
    )
    default_effort = models.CharField(max_length=10, blank=True, help_text="What the API uses when none is asked for.")
    enabled = models.BooleanField(default=True, help_text="Offered in the model picker.")
    position = models.PositiveSmallIntegerField(default=100, help_text="Order in the picker, smallest first.")

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def thinking(self) -> dict[str, Any] | None:
        """The API's thinking object with readable summaries, or ``None`` where the model does not think by itself."""
        return {"type": "adaptive", "display": "summarized"} if "adaptive" in self.thinking_types else None


class Price(models.Model):
    """What a model costs from a moment on, in USD per million tokens, until a row with a later start.

    ``prompt_over`` starts a band: the row holds for prompts of more than that many tokens (all classes together).
    A factor multiplies the price of every token of a call that the API says it served like that; where it is empty
    such a call is unpriced.
    """

    model = models.ForeignKey(LanguageModel, on_delete=models.CASCADE, related_name="prices")
    valid_from = models.DateTimeField()
    prompt_over = models.PositiveIntegerField(default=0)
    input = models.DecimalField(max_digits=12, decimal_places=6)
    output = models.DecimalField(max_digits=12, decimal_places=6)
    cache_write_5m = models.DecimalField(max_digits=12, decimal_places=6)
    cache_write_1h = models.DecimalField(max_digits=12, decimal_places=6)
    cache_read = models.DecimalField(max_digits=12, decimal_places=6)
    web_search = models.DecimalField(max_digits=12, decimal_places=6, default=10, help_text="USD per 1,000 searches.")
    web_fetch = models.DecimalField(
        max_digits=12, decimal_places=6, default=0, db_default=0, help_text="USD per 1,000 fetches."
    )
    us_factor = models.DecimalField(
        "US region, factor", max_digits=6, decimal_places=3, default=Decimal("1.1"), null=True, blank=True
    )
    fast_factor = models.DecimalField("fast, factor", max_digits=6, decimal_places=3, null=True, blank=True)
    batch_factor = models.DecimalField(
        "batch, factor", max_digits=6, decimal_places=3, default=Decimal("0.5"), null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["model", "-valid_from", "prompt_over"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "valid_from", "prompt_over"], name="one_price_per_start_and_band"),
            models.CheckConstraint(
                condition=Q(**{f"{rate}__gte": 0 for rate in pricing.RATES}), name="no_price_is_negative"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 0}), name=f"{name}_not_negative"
                )
                for name in pricing.FACTORS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.valid_from:%Y-%m-%d}"

    @property
    def is_to_come(self) -> bool:
        """Whether it has not begun, so that no call can have been charged it."""
        return self.valid_from > timezone.now()

    @property
    def value(self) -> pricing.Price:
        """The same as a pure value."""
        return pricing.Price.of(self)
