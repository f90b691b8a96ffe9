"""The lists of the administration."""

from datetime import datetime
from typing import Any, Protocol, cast

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.engine.words import LONGEST_TERM, MOST_TERMS


class Nonsense(IncorrectLookupParameters):
    """What was asked of a filter makes no sense: a sentence that says why and what to do."""


class OrderedChangeList(ChangeList):
    """The rows that an address asks for, in an order that an index can be read in both ways."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Django's. `IncorrectLookupParameters` for what PostgreSQL takes in no text."""
        if any("\0" in value for values in self.filter_params.values() for value in values):
            raise IncorrectLookupParameters("one holds a character that no text can hold")
        return super().get_queryset(request, exclude_parameters)

    def get_filters(self, request: HttpRequest) -> Any:
        """Those beside the list alone. `IncorrectLookupParameters` for whatever else Django would look up.

        It would tell what a field holds that the list does not show, such as a title, letter by letter.
        """
        unknown = IncorrectLookupParameters("the list does not know one of them")
        try:
            found = super().get_filters(request)
        except DisallowedModelAdminLookup:
            raise unknown from None
        _, _, taken_by_none, *_ = found
        if taken_by_none:
            raise unknown
        return found

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Django's, but what is equal stands in the same direction."""
        ordering = super().get_ordering(request, queryset)
        if ordering[-1] == "-pk" and isinstance(ordering[0], str) and not ordering[0].startswith("-"):
            ordering[-1] = "pk"
        return ordering


class PlainChangeList(OrderedChangeList):
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
        keys = self._keys()
        rows = self.apply_select_related(self.root_queryset).in_bulk(keys)
        self.result_list = [rows[key] for key in keys if key in rows]

    def _keys(self) -> list[Any]:
        """Of the rows of the page. Rows are read when these are known, so that what is passed over is small.

        A page of the second half is found from the end.
        """
        keys = self.queryset.values_list("pk", flat=True)
        if not self.multi_page or (self.show_all and self.can_show_all):
            return list(keys)
        end = min(self.page_num * self.list_per_page, self.result_count)
        begin = (self.page_num - 1) * self.list_per_page
        if begin <= self.result_count // 2:
            return list(keys[begin:end])
        return list(keys.reverse()[self.result_count - end : self.result_count - begin])[::-1]


class Listed(admin.ModelAdmin):
    """Rows that are listed by a ``changelist``."""

    changelist: type[ChangeList] = PlainChangeList

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """That one."""
        return self.changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Django's; no row has a key that PostgreSQL takes in no text."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's, of as many words as a database takes in one condition."""
        found = " ".join(looked_for(search_term).split()[:MOST_TERMS])
        if found != " ".join(search_term.split()):
            messages.info(request, f"Only the first {LONGEST_TERM} characters and {MOST_TERMS} words are searched for.")
        return super().get_search_results(request, queryset, found)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        """Django's, or back to the list where what was chosen can be no key of a row."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(key, None)
        except ValidationError:
            messages.error(request, "What was chosen is not in this list. Choose it again.")
            return redirect(request.get_full_path())
        return super().response_action(request, *args, **kwargs)


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
        figures = cast(HasFigures, self.model_admin).figures([row.pk for row in self.result_list])
        for row in self.result_list:
            row.figures = figures[row.pk]


def looked_for(term: str) -> str:
    """What is looked for of what somebody typed: names and ids are shorter than this."""
    return term.replace("\0", "").strip()[:LONGEST_TERM]


def when(moment: datetime) -> SafeString:
    """A moment to the minute, in the current time zone."""
    local = timezone.localtime(moment)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M}")
