"""What the administration says before it deletes something."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chat.holds import Kept

NAMED = 20
MOST = 500
"""At a time. The page that asks sends all their keys back, and Django takes no more than a thousand fields."""


def named(rows: Sequence[Any]) -> list[str]:
    """The names of the first few, and how many more there are."""
    more = [f"and {len(rows) - NAMED:,} more"] if len(rows) > NAMED else []
    return [*(str(each) for each in rows[:NAMED]), *more]


def too_many(rows: Sequence[Any]) -> list[str]:
    """A sentence where it is more than can be deleted at once."""
    return [f"{len(rows):,} are too many at once: choose at most {MOST}."] if len(rows) > MOST else []


class SaysWhatIsKept(admin.ModelAdmin):
    """Whatever turns out to have to be kept only when it is deleted is answered with the reason.

    Rows are deleted one after the other, and each is logged when it is gone: `delete_model` has to call `log_gone`.
    """

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's, or back to the list with the reason."""
        return self._or_why(request, super().delete_view, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's, where several are deleted; or the list with the reason."""
        return self._or_why(request, super().changelist_view, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """One after the other."""
        for row in list(queryset):
            self.delete_model(request, row)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Not before it is done: see `log_gone`."""
        return []

    def log_gone(self, request: HttpRequest, row: Model) -> None:
        """Log that this row, which still has its key, was deleted, under the name that it has now."""
        super().log_deletions(request, [row])  # type: ignore[arg-type]

    def _or_why(self, request: HttpRequest, view: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
        try:
            return view(request, *args)
        except Kept as kept:
            self.message_user(request, kept.message, messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
