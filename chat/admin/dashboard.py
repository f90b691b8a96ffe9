"""The first page of the administration: what a span of days came to, and the ways to the records behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, cast

from django.contrib.auth.models import Group
from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils import timezone

from chat import budgets, catalogue, reports, reviews
from chat.admin import rankings, tiles, trends
from chat.admin.records import Records, being_answered, everywhere
from chat.admin.standings import Gauge, gauge
from chat.budgets import Standing
from chat.models import Budget, LanguageModel, Message, UsageRecord, User
from chat.reports import spans
from chat.reports.figures import Figures, by_group, figures
from chat.reports.hours import hours
from chat.reports.spans import Span

MOST_BUDGETS = 8


class Choice(NamedTuple):
    """A usual range, as a link."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Unpriced:
    """Calls that have no cost, because their model has no price."""

    calls: int
    models: list[tuple[str, int, str]]


@dataclass(frozen=True)
class Page:
    """All that the page shows; read when it is asked for, once."""

    span: Span
    problem: str
    now: datetime
    with_budgets: bool = False
    with_conversations: bool = False

    @property
    def zone(self) -> str:
        """The time zone whose days are shown."""
        return timezone.get_default_timezone_name()

    @property
    def choices(self) -> list[Choice]:
        """The usual ranges."""
        usual = spans.usual(self._today)
        return [Choice(label, f"?range={name}", span == self.span) for name, (label, span) in usual.items()]

    @cached_property
    def found(self) -> Figures:
        """What the span came to."""
        return figures(self.span, self.now)

    @cached_property
    def prior(self) -> Figures | None:
        """What the equally long span before came to; ``None`` where nothing was asked then."""
        found = figures(self._before, self.now) if self._before else None
        return found if found and found.totals.calls else None

    @cached_property
    def records(self) -> Records:
        """The ways to the records."""
        return Records(self.span)

    @property
    def before(self) -> str:
        """The span that the figures are compared with, in words."""
        if self._before is None or not self.found.totals.calls:
            return ""
        until = self._before.until
        days = _days(self._before) + (f" until {timezone.localtime(until):%H:%M}" if until else "")
        return f"Compared with {days}." if self.prior else f"There is nothing to compare with: no calls from {days}."

    @property
    def days(self) -> str:
        """The span, in words."""
        return _days(self.span)

    @property
    def tiles(self) -> list[tiles.Tile]:
        """The figures that are looked at first."""
        return tiles.tiles(self.found, self.prior, self.records)

    @cached_property
    def trend(self) -> trends.Trend:
        """Spend by day and model, and how fast the answers were."""
        shown = trends.shown(self.found, self._today)
        by_hour = hours(shown.intervals[0]) if shown.length == 1 else {}
        return trends.trend(self.found, shown, by_hour, self.records, self.model_labels)

    @cached_property
    def models(self) -> rankings.Ranking:
        """Spend by model."""
        before = None if self.prior is None else {key: each.totals for key, each in self.prior.models.items()}
        now = {key: each.totals for key, each in self.found.models.items()}
        return rankings.spending(
            now, before, self.model_labels, lambda key: self.records.href(language_model=key), kinds=self.trend.kinds
        )

    @cached_property
    def users(self) -> rankings.Ranking:
        """Spend by person."""
        ranked = rankings.first(self.found.users)
        names: dict[Any, str] = dict(User.objects.filter(pk__in=ranked).values_list("pk", "username"))
        names[None] = "Deleted people"
        before = None if self.prior is None else self.prior.users
        return rankings.spending(
            self.found.users, before, names, lambda key: self.records.href(person="deleted" if key is None else key)
        )

    @cached_property
    def groups(self) -> rankings.Ranking:
        """Spend by group."""
        names: dict[Any, str] = dict(Group.objects.values_list("pk", "name"))
        if not names:
            return rankings.Ranking([])
        names[None] = "In no group"
        before = None if self.prior is None else by_group(self.prior.users)
        return rankings.spending(
            by_group(self.found.users),
            before,
            names,
            lambda key: self.records.href(group="none" if key is None else key),
        )

    @property
    def classes(self) -> rankings.Ranking:
        """Tokens by price class."""
        return rankings.tokens_ranking(self.found, self.prior, self.records)

    @property
    def ends(self) -> rankings.Ranking:
        """Calls for answers by how they ended."""
        return rankings.ends(self.found, self.prior, self.records)

    @property
    def errors(self) -> rankings.Ranking:
        """Calls for answers that ended with an error, by its code."""
        return rankings.errors(self.found, self.prior, self.records)

    @property
    def budgets(self) -> list[Gauge]:
        """How the budgets stand now of which the greatest share is spent."""
        ordered = sorted(self._standings, key=lambda each: (-each.share, each.budget.pk))
        return [gauge(each) for each in ordered[:MOST_BUDGETS]]

    @property
    def more_budgets(self) -> int:
        """How many others there are."""
        return len(self._standings[MOST_BUDGETS:])

    @cached_property
    def running(self) -> Mapping[str, Any]:
        """Turns that are not over: how many, and since when the first of them."""
        return Message.objects.open().aggregate(count=Count("pk"), since=Min("created_at"))

    @property
    def running_href(self) -> str:
        """The conversations that these are in, or for who may not see them the calls that are being made."""
        return being_answered() if self.with_conversations else everywhere(end__exact="open")

    @cached_property
    def unpriced(self) -> Unpriced | None:
        """Calls without a cost, of all days."""
        rows = UsageRecord.objects.order_by().filter(reports.UNPRICED).values_list("model_asked")
        counts = sorted(rows.annotate(count=Count("pk")), key=lambda row: -row[1])
        if not counts:
            return None
        models = [(model, count, everywhere(price="unpriced", language_model=model)) for model, count in counts]
        return Unpriced(sum(count for _, count in counts), models)

    @cached_property
    def list_prices(self) -> catalogue.ListPrices | None:
        """Shipped prices that do not hold here, or will take the place of the site's own."""
        found = catalogue.list_prices()
        return found if any(found) else None

    @cached_property
    def model_labels(self) -> dict[Any, str]:
        """What models are called; one that is not in the catalogue by its id."""
        known = dict(LanguageModel.objects.values_list("id", "label"))
        return {key: known.get(key, key) for key in self.found.models}

    @property
    def saved(self) -> Decimal:
        """USD that caching saved."""
        return self.found.saved

    @cached_property
    def _standings(self) -> list[Standing]:
        every = Budget.objects.select_related("user", "group") if self.with_budgets else Budget.objects.none()
        return list(budgets.current(every, self.now).values())

    @cached_property
    def _before(self) -> Span | None:
        return self.span.before(self.now)

    @property
    def _today(self) -> date:
        return spans.day_of(self.now)


def page_of(request: HttpRequest) -> Page:
    """The page for the range that was asked for."""
    now = timezone.now()
    span, problem = spans.asked(request.GET, spans.day_of(now))
    user = cast(User, request.user)
    conversations = user.has_perm("chat.view_conversation") or reviews.may_review(user)
    return Page(span, problem, now, user.has_perm("chat.view_budget"), conversations)


def _days(span: Span) -> str:
    first, last = (f"{day.day} {day:%b %Y}" for day in (span.first, span.last))
    return first if first == last else f"{first} to {last}"
