"""The lists of the administration."""

from datetime import datetime
from typing import Any, Protocol, cast

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString


class PlainChangeList(ChangeList):
    """A list under the name of what it lists."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        name = str(self.opts.verbose_name_plural)
        self.title = name[:1].upper() + name[1:]


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
