"""The lists of the administration."""

from datetime import datetime
from typing import Any, Protocol, cast

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Nonsense(IncorrectLookupParameters):
    """What was asked of a filter makes no sense: a sentence that says why and what to do."""


class PlainChangeList(ChangeList):
    """A list under the name of what it lists. ``problem``: why nothing is listed, where a filter makes no sense."""

    problem: IncorrectLookupParameters | None = None

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        name = str(self.opts.verbose_name_plural)
        self.title = name[:1].upper() + name[1:]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """The rows asked for; none and a message where the address asks for something that is not there."""
        try:
            return super().get_queryset(request, exclude_parameters)
        except Nonsense as error:
            self.problem = error
            self.clear_all_filters_qs = self.get_query_string(remove=list(self.filter_params))
            messages.error(request, str(error))
            return self.root_queryset.none()
        except IncorrectLookupParameters as error:
            self.problem = error
            messages.error(request, "The address has a filter that this list does not know. Choose one here.")
            self.params = self.filter_params = {}
            return super().get_queryset(request, exclude_parameters).none()

    def get_results(self, request: HttpRequest) -> None:
        """The page asked for, or the first where there are not so many."""
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            self.page_num = 1
            super().get_results(request)


class HasFigures(Protocol):
    """A model admin that knows the figures of its rows, by their keys; every key has an entry."""

    def figures(self, keys: list[Any]) -> dict[Any, Any]:
        """Read them with a number of queries that does not depend on the number of keys."""
        ...


class FiguresChangeList(PlainChangeList):
    """A list whose rows carry figures, read for the whole page at once: ``row.figures``."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then the figures of its rows."""
        super().get_results(request)
        rows = list(self.result_list)
        figures = cast(HasFigures, self.model_admin).figures([row.pk for row in rows])
        for row in rows:
            row.figures = figures[row.pk]
        self.result_list = rows


def when(moment: datetime) -> SafeString:
    """A moment to the minute, in the current time zone."""
    local = timezone.localtime(moment)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M}")
