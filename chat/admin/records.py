"""Ways to the usage records behind a figure: the list with its filters set."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from chat.reports.spans import Span


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a span."""

    span: Span

    def href(self, **filters: object) -> str:
        """Those that these filters of the list leave."""
        return self.on(self.span.first, self.span.last, **filters)

    def on(self, first: date, last: date, **filters: object) -> str:
        """Those of these days."""
        days = {"started_at_since": first.isoformat(), "started_at_until": last.isoformat()}
        return everywhere(**days, **filters)


def everywhere(**filters: object) -> str:
    """Those of any day."""
    return f"{reverse('admin:chat_usagerecord_changelist')}?{urlencode(filters)}"
