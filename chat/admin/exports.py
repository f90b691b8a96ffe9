"""Exports of lists: what the filters and the search leave, on all pages, in the order on the screen."""

from copy import copy
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from chat.admin.changelist import Listed, OrderedChangeList
from chat.exports.download import download
from chat.exports.forms import FORMS, Form
from chat.exports.table import Table
from chat.models.keys import Keys

BAD_FILTER = "The filters of this export make no sense: {}. Go back to the list and choose them again."


class UnreadChangeList(OrderedChangeList):
    """A list of which no page is read: only what it would show is asked for."""

    def get_results(self, request: HttpRequest) -> None:
        """Nothing."""


class Exportable(Listed):
    """A list that can be exported as it is filtered: ``export.csv`` and ``export.jsonl`` beside it."""

    def get_urls(self) -> list[URLPattern]:
        """The exports, before Django's own."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [
            path("export.<slug:suffix>", self.admin_site.admin_view(self.export_view), name=name),
            *super().get_urls(),
        ]

    def export_table(self, form: Form) -> Table:
        """What the export holds of each row."""
        raise NotImplementedError

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, suffix: str) -> HttpResponseBase:
        """The table as a file. Filters that make no sense are refused: they would leave everything."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if suffix not in FORMS:
            raise Http404
        try:
            keys = Keys(self.exported(request))
        except IncorrectLookupParameters as error:
            return bad_filter(error)
        form = FORMS[suffix]
        pieces = self.export_table(form).pieces(keys, form)
        return download(
            pieces, name=file_name(self.opts.verbose_name_plural, keys, form), content_type=form.content_type
        )

    def exported(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list. `IncorrectLookupParameters` where the filters make no sense."""
        unread = copy(self)  # this one is every request's
        unread.changelist = UnreadChangeList
        return unread.get_changelist_instance(request).queryset


def file_name(what: object, keys: Keys, form: Form) -> str:
    """It says how many rows the file holds, so that its reader can tell a whole one."""
    return f"{str(what).replace(' ', '-')}-{timezone.localdate()}-{len(keys)}-rows.{form.suffix}"


def bad_filter(error: Exception) -> HttpResponse:
    """A sentence that says what to do."""
    return HttpResponseBadRequest(BAD_FILTER.format(error), content_type="text/plain; charset=utf-8")
