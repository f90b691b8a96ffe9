"""Budgets, and how they stand in the current period."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString

from chat import budgets
from chat.admin.changelist import FiguresChangeList, Listed
from chat.admin.standings import drawn
from chat.budgets import Standing
from chat.models import Budget, User

LARGEST = Decimal(1_000_000)
_SECOND = (
    "Nothing was saved: somebody else has just made such a budget, or deleted whom it is for. "
    "Look at the list, and change the budget that is there."
)
_SHARES = "Whole numbers from 1 to 100, with commas between them: 80, 100."


class BudgetForm(forms.ModelForm):
    """A budget; bad input is refused with the reason."""

    user = forms.ModelChoiceField(
        User.objects.filter(deleted_at=None),
        to_field_name="username",
        required=False,
        label="Person",
        widget=AdminTextInputWidget,
        help_text="The user name. Without a person and a group it is everybody's.",
        error_messages={"invalid_choice": "There is nobody of this name."},
    )
    group = forms.ModelChoiceField(Group.objects.all(), required=False, help_text="What its people may spend together.")
    amount = forms.DecimalField(
        min_value=Decimal(0), max_value=LARGEST, decimal_places=6, label="Amount, $", help_text="USD for each period."
    )
    warn_at = forms.CharField(
        required=False, label="Warn at, %", help_text="Percent of the amount that is spent: 80, 100."
    )

    class Meta:
        model = Budget
        fields = ("user", "group", "period", "amount", "hard", "warn_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["warn_at"] = ", ".join(str(share) for share in self.instance.warn_at)
        if self.instance.pk:
            self.fields["amount"].help_text = "Holds at once, also for the current period."

    def clean_warn_at(self) -> list[int]:
        """The shares as numbers, each once."""
        try:
            shares = {int(each) for each in self.cleaned_data["warn_at"].split(",") if each.strip()}
        except ValueError:
            raise forms.ValidationError(_SHARES) from None
        if not shares <= set(range(1, 101)):
            raise forms.ValidationError(_SHARES)
        return sorted(shares)


class KindFilter(admin.SimpleListFilter):
    """What budgets do when they are used up."""

    title = "kind"
    parameter_name = "hard"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        """Hard or soft."""
        return [("1", "Hard: they refuse"), ("0", "Soft: they warn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> QuerySet[Budget]:
        """Those of a kind."""
        return queryset.filter(hard=self.value() == "1") if self.value() in ("0", "1") else queryset


@admin.register(Budget)
class BudgetAdmin(Listed):
    """What may be spent, by whom."""

    form = BudgetForm
    list_display = ("whose", "terms", "standing")
    list_filter = ("period", KindFilter)
    list_select_related = ("user", "group")
    list_per_page = 50
    search_fields = ("user__username", "group__name")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    changelist = FiguresChangeList
    nothing_yet = "What people, groups or everybody may spend in a day, a week or a month will appear here."

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's; what two people save at the same moment is refused to the second."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            self.message_user(request, _SECOND, messages.ERROR)
            return redirect("admin:chat_budget_changelist")

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        """Of another person or period it would be another budget."""
        return ("standing", "user", "group", "period") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        """How it stands first, where it is there already."""
        fields = ("user", "group", "period", "amount", "hard", "warn_at")
        return ("standing", *fields) if obj else fields

    def figures(self, keys: list[int]) -> dict[int, Standing]:
        """How the budgets of a page stand now."""
        return budgets.current(Budget.objects.filter(pk__in=keys).select_related("user", "group"), timezone.now())

    def get_deleted_objects(
        self, objs: QuerySet[Budget] | Iterable[Budget], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the budgets alone: thousands of calls may count in them, and stay."""
        found = list(objs)
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return [str(each) for each in found], {"budgets": len(found)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        """With its accounts, whoever is spending from it at this moment."""
        budgets.delete(Budget.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Budget]) -> None:
        """All at once."""
        budgets.delete(queryset)

    @admin.display(description="period", ordering="period")
    def terms(self, budget: Any) -> str:
        """For how long, and what it does when it is used up."""
        return f"{budget.period}, {'hard' if budget.hard else 'soft'}"

    @admin.display(description="amount and what is spent", ordering="amount")
    def standing(self, budget: Budget) -> SafeString | str:
        """What is spent, held back and left in the current period, and when it renews."""
        if not budget.pk:
            return ""
        found: Standing = getattr(budget, "figures", None) or self.figures([budget.pk])[budget.pk]
        return drawn(found)
