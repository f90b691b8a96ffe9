"""How a budget stands, drawn: what is spent, what is held back for calls being made, where people are warned."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chat.admin.charts import share
from chat.admin.records import everywhere
from chat.budgets import Standing


class Gauge(NamedTuple):
    """A bar in percent of its width: ``committed`` is what is spent and held back together; ``kind`` its class."""

    standing: Standing
    kind: str
    spent: str
    committed: str

    @property
    def href(self) -> str:
        """The calls that it is made of."""
        return everywhere(budget=self.standing.budget.pk)

    @property
    def terms(self) -> str:
        """For how long, and what it does when it is used up: ``each month, hard``."""
        budget = self.standing.budget
        return f"each {budget.period}, {'hard' if budget.hard else 'soft'}"

    @property
    def renews(self) -> str:
        """When the next period begins, where it begins: ``1 Dec, 00:00 CET``."""
        moment = self.standing.renews
        return f"{moment.day} {moment:%b, %H:%M %Z}"


def gauge(standing: Standing) -> Gauge:
    """The bar of a budget."""
    account, amount = standing.account, standing.budget.amount
    kind = "over" if standing.share >= 100 else "passed" if standing.passed is not None else "well"
    if not amount:
        return Gauge(standing, kind, "100.000%", "100.000%")
    return Gauge(standing, kind, share(account.spent, amount), share(account.spent + account.reserved, amount))


def drawn(standing: Standing) -> SafeString:
    """The bar with its figures."""
    return render_to_string("admin/chat/budget/_standing.html", {"gauge": gauge(standing)})
