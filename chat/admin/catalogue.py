"""Models, and beside each its prices."""

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


@admin.register(LanguageModel)
class LanguageModelAdmin(Listed):
    """The models people can choose."""

    list_display = ("label", "id", "context", "longest_answer", "input_price", "output_price", "offered", "position")
    list_filter = ("enabled",)
    search_fields = ("id", "label")
    ordering = ("position",)
    inlines = (Prices,)
    show_facets = admin.ShowFacets.NEVER
    formfield_overrides = {models.JSONField: {"widget": AdminTextInputWidget}}
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
