"""The prices of a model. What a call could have been charged stays: another price is a row that starts later."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from chat import ledger
from chat.engine.pricing import FACTORS
from chat.models import Price

_NOT_NEGATIVE = MinValueValidator(Decimal(0), "A price cannot be negative.")
_PAST = (
    "A price cannot start in the past: the calls since then were charged what held. "
    "Leave this empty to start now, or choose a later moment."
)
_CHARGED = "A call after this moment has been charged already. Choose a later start."
_TWICE = "There is a price from this moment for this prompt size. Choose a later start."
_BEGUN = "This price has begun meanwhile, so it stays as it was. Load the page again."


class PriceForm(forms.ModelForm):
    """A price that starts now or later."""

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_valid_from(self) -> datetime:
        """Empty is now; refuse what would change the past."""
        start: datetime = self.cleaned_data["valid_from"] or self.now
        if start < self.now:
            raise forms.ValidationError(_PAST)
        return start


class PriceFormSet(BaseInlineFormSet):
    """The prices of one model that have not begun, and new ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """All rows that start now do so at the same moment."""
        return {**super().get_form_kwargs(index), "now": self.now}

    def clean(self) -> None:
        """Refuse a start and band that exists, a start that was charged, and one without a row for short prompts."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            raise forms.ValidationError(_BEGUN)
        begun = self.instance.prices.filter(valid_from__lte=self.now) if self.instance.pk else Price.objects.none()
        taken = set(begun.values_list("valid_from", "prompt_over"))
        for form in self.forms:
            if not form.cleaned_data.get("DELETE"):
                self._take(form, taken)
        for start, band in taken:
            if band and (start, 0) not in taken:
                raise forms.ValidationError(
                    f"The prices from {timezone.localtime(start):%Y-%m-%d %H:%M} lack a row for prompts over 0 tokens: "
                    "shorter prompts would have no price."
                )

    def _take(self, form: forms.ModelForm, taken: set[tuple[datetime, int]]) -> None:
        start, band = form.cleaned_data.get("valid_from"), form.cleaned_data.get("prompt_over")
        if start is None or band is None:
            return
        if (start, band) in taken:
            form.add_error("valid_from", _TWICE)
        elif self.instance.pk and ledger.has_charged(self.instance.pk, since=start):
            form.add_error("valid_from", _CHARGED)
        taken.add((start, band))

    def validate_unique(self) -> None:
        """Said in plain words by `clean`."""


class Prices(admin.StackedInline):
    """Prices to come; those that have begun stand beside them as a table."""

    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    verbose_name = "price"
    verbose_name_plural = "prices to come"
    fields = (
        ("valid_from", "prompt_over"),
        ("input", "output", "cache_read"),
        ("cache_write_5m", "cache_write_1h"),
        ("web_search", "web_fetch"),
        FACTORS,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """What no call can have been charged yet."""
        return super().get_queryset(request).filter(valid_from__gt=timezone.now()).order_by("valid_from", "prompt_over")

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        """Rates and factors are not negative; without a start a price starts now."""
        if isinstance(db_field, models.DecimalField):
            kwargs["validators"] = [_NOT_NEGATIVE]
        if db_field.name == "valid_from":
            kwargs |= {"required": False, "help_text": "Empty: as soon as it is saved."}
        return super().formfield_for_dbfield(db_field, request, **kwargs)
