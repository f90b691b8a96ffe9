"""Models, and beside each its prices."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from chat.admin.calls import badge
from chat.admin.changelist import Listed
from chat.admin.prices import Prices
from chat.engine import pricing
from chat.models import LanguageModel
from chat.templatetags.figures import rate, tokens

_NO_PRICE = badge("alarm", "no price")


_THINKING = ("adaptive", "enabled", "disabled", "between_tools")


class ModelForm(forms.ModelForm):
    """A model; what would make each of its answers fail is refused."""

    thinking_types = forms.CharField(
        required=False,
        widget=AdminTextInputWidget,
        help_text=f'What its "thinking" setting takes, with commas between: {", ".join(_THINKING)}.',
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["thinking_types"] = ", ".join(self.instance.thinking_types)

    def clean_thinking_types(self) -> list[str]:
        """The words, each once."""
        given = [each.strip() for each in self.cleaned_data["thinking_types"].split(",") if each.strip()]
        for word in given:
            if word not in _THINKING:
                raise forms.ValidationError(f"“{word[:30]}” is none. There are {', '.join(_THINKING)}.")
        return list(dict.fromkeys(given))


@admin.register(LanguageModel)
class LanguageModelAdmin(Listed):
    """The models people can choose."""

    form = ModelForm
    list_display = ("label", "id", "context", "longest_answer", "input_price", "output_price", "offered", "position")
    list_filter = ("enabled",)
    search_fields = ("id", "label")
    ordering = ("position",)
    inlines = (Prices,)
    show_facets = admin.ShowFacets.NEVER
    fields = (
        "id",
        "label",
        ("enabled", "position"),
        ("context_tokens", "max_output_tokens"),
        "thinking_types",
        "default_effort",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        """With all prices in one query."""
        return super().get_queryset(request).prefetch_related("prices")

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        """An answer has a token at least."""
        if db_field.name in ("context_tokens", "max_output_tokens"):
            kwargs["min_value"] = 1
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: LanguageModel | None = None) -> tuple[str, ...]:
        """Another id would be another model."""
        return ("id",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: LanguageModel | None = None) -> bool:
        """A price that a call could have been charged stays, and its model with it: switch that off instead."""
        started = obj is None or obj.prices.filter(valid_from__lte=timezone.now()).exists()
        return not started and super().has_delete_permission(request, obj)

    @admin.display(description="context", ordering="context_tokens")
    def context(self, model: LanguageModel) -> str:
        """Tokens of the longest conversation."""
        return tokens(model.context_tokens)

    @admin.display(description="longest answer", ordering="max_output_tokens")
    def longest_answer(self, model: LanguageModel) -> str:
        """Tokens of the longest answer."""
        return tokens(model.max_output_tokens)

    @admin.display(description="offered", ordering="enabled")
    def offered(self, model: LanguageModel) -> SafeString | str:
        """Whether people can choose it."""
        return badge("complete", "yes") if model.enabled else ""

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
