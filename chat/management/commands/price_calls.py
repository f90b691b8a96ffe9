"""``manage.py price_calls``: price the calls whose model had no price when they were made, and has one by now."""

from argparse import ArgumentParser
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chat import ledger, reports
from chat.models import UsageRecord


class Command(BaseCommand):
    """Fill empty costs, and nothing else; a second time there is nothing left to do."""

    help = (
        "Price the calls that are over and have no cost, by the price that held when they were made, or the first that "
        "began later. What has a cost is never touched. With --verbosity 2 every call is named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to change anything."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would be changed")

    def handle(self, *, dry_run: bool, verbosity: int, **_: Any) -> None:
        """Run the command."""
        count: Counter[str] = Counter()
        cost: defaultdict[str, Decimal] = defaultdict(Decimal)
        for each in ledger.price_unpriced(dry_run=dry_run):
            count[each.model] += 1
            cost[each.model] += each.cost
            if verbosity > 1:
                self.stdout.write(_sentence(each))
        done = "would be priced" if dry_run else "priced"
        for model in sorted(count):
            self.stdout.write(f"{model}: {_calls(count[model])} {done}, {_usd(cost[model])} together.")
        left = UsageRecord.objects.filter(reports.UNPRICED).count() - dry_run * count.total()
        if left:
            self.stdout.write(
                f"{_calls(left)} left without a price: add it under Language models in the administration."
            )
        elif not count:
            self.stdout.write("Every call has its price.")


def _sentence(late: ledger.LatePrice) -> str:
    by = f"{timezone.localtime(late.at):%Y-%m-%d %H:%M}"
    return f"Call {late.record}, {late.model}: {_usd(late.cost)} by the price of {by}."


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number} calls"


def _usd(amount: Decimal) -> str:
    return f"${amount.normalize():f}"
