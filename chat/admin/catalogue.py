"""Models and their prices. A price is never edited: a new one is a new row with a later start."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from chat.admin.calls import badge
from chat.admin.changelist import PlainChangeList
from chat.engine import pricing
from chat.models import LanguageModel, Price
from chat.templatetags.figures import rate, tokens

_NO_PRICE = badge("alarm", "no price")
_NOT_NEGATIVE = MinValueValidator(Decimal(0), "A price cannot be negative.")


class PriceFormSet(BaseInlineFormSet):
    """New prices of one model, beside those it has."""

    def clean(self) -> None:
        """Refuse a start and band that exists, and a start without a row for short prompts."""
        super().clean()
        taken = set(self.instance.prices.values_list("valid_from", "prompt_over")) if self.instance.pk else set()
        for form in self.extra_forms:
            start, band = form.cleaned_data.get("valid_from"), form.cleaned_data.get("prompt_over")
            if start is None or band is None:
                continue
            if (start, band) in taken:
                form.add_error(
                    "valid_from", "There is a price from this moment for this prompt size. Choose a later start."
                )
            taken.add((start, band))
        for start, band in taken:
            if band and (start, 0) not in taken:
                raise forms.ValidationError(
                    f"The prices from {start:%Y-%m-%d %H:%M} lack a row for prompts over 0 tokens: "
                    "shorter prompts would have no price."
                )

    def validate_unique(self) -> None:
        """Said in plain words by `clean`."""


class NewPrices(admin.TabularInline):
    """Prices to add; those there are stand beside them as a table."""

    model = Price
    formset = PriceFormSet
    extra = 0
    verbose_name = "price"
    verbose_name_plural = "new prices"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """See the table."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was charged stays as it was."""
        return False

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        """Rates are not negative; a new price starts now."""
        if isinstance(db_field, models.DecimalField):
            kwargs["validators"] = [_NOT_NEGATIVE]
        if db_field.name == "valid_from":
            kwargs["initial"] = timezone.now
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(LanguageModel)
class LanguageModelAdmin(admin.ModelAdmin):
    """The models people can choose."""

    list_display = ("label", "id", "context", "longest_answer", "input_price", "output_price", "enabled", "position")
    list_filter = ("enabled",)
    search_fields = ("id", "label")
    ordering = ("position",)
    inlines = (NewPrices,)
    formfield_overrides = {models.JSONField: {"widget": AdminTextInputWidget}}
    fields = (
        "id",
        "label",
        ("enabled", "position"),
        ("context_tokens", "max_output_tokens"),
        "thinking_types",
        "default_effort",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Under its name."""
        return PlainChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        """With all prices in one query."""
        return super().get_queryset(request).prefetch_related("prices")

    def get_readonly_fields(self, request: HttpRequest, obj: LanguageModel | None = None) -> tuple[str, ...]:
        """Another id would be another model."""
        return ("id",) if obj else ()

    @admin.display(description="context", ordering="context_tokens")
    def context(self, model: LanguageModel) -> str:
        """Tokens of the longest conversation."""
        return tokens(model.context_tokens)

    @admin.display(description="longest answer", ordering="max_output_tokens")
    def longest_answer(self, model: LanguageModel) -> str:
        """Tokens of the longest answer."""
        return tokens(model.max_output_tokens)

    @admin.display(description="input, $/M")
    def input_price(self, model: LanguageModel) -> str:
        """What a million tokens of prompt cost now."""
        price = _current(model)
        return rate(price.input) if price else _NO_PRICE

    @admin.display(description="output, $/M")
    def output_price(self, model: LanguageModel) -> str:
        """What a million tokens of answer cost now."""
        price = _current(model)
        return rate(price.output) if price else _NO_PRICE


def _current(model: LanguageModel) -> pricing.Price | None:
    return pricing.price_for((row.value for row in model.prices.all()), at=timezone.now(), prompt=0)
