"""Ways to the usage records behind a figure: the list with its filters set."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from chat.reports.buckets import Bucket
from chat.reports.spans import Span


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a span."""

    span: Span

    def href(self, **filters: object) -> str:
        """Those that these filters of the list leave."""
        return self.on(Bucket(self.span.first, self.span.last), **filters)

    def on(self, place: Bucket, **filters: object) -> str:
        """Those of a place of a chart."""
        days = {"started_at_since": place.first.isoformat(), "started_at_until": place.last.isoformat()}
        hour = {} if place.hour is None else {"started_at_hour": place.hour}
        return everywhere(**days, **hour, **filters)


def being_answered() -> str:
    """The conversations in which an answer is being made."""
    return f"{reverse('admin:chat_conversation_changelist')}?{urlencode({'holds': 'running'})}"


def everywhere(**filters: object) -> str:
    """Those of any day."""
    return f"{reverse('admin:chat_usagerecord_changelist')}?{urlencode(filters)}"
