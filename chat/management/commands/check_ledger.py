"""``manage.py check_ledger``: prove the books, and compare them with the provider's own bill."""

import asyncio
from argparse import ArgumentParser
from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chat import audit, reports
from chat.providers.bill import Bill, CostReport, NoBill

LONGEST = 366  # days


class Command(BaseCommand):
    """Say that all is well, or end with status 1 and a sentence for whatever is not."""

    help = (
        "Prove that every call is recorded once, priced to the last digit, closed, and in every sum. With "
        "ANTHROPIC_ADMIN_KEY also compare the days with the provider's cost report."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which part of the bill to compare."""
        parser.add_argument("--days", type=int, default=7, help="days of the bill to compare, until yesterday (7)")
        parser.add_argument("--workspace", default="", help="id of the key's workspace, or default; else all of them")

    def handle(self, *, days: int, workspace: str, **_: Any) -> None:
        """Run the command."""
        if not 1 <= days <= LONGEST:
            raise CommandError(f"--days: choose 1 to {LONGEST}.")
        records = audit.settled()
        problems = list(audit.problems(records))
        totals = reports.totals(records)
        self.stdout.write(f"Calls that are over: {totals.calls:,}, ${totals.cost:f} together.")
        if settings.ANTHROPIC_ADMIN_KEY:
            report = CostReport(settings.ANTHROPIC_ADMIN_KEY, settings.ANTHROPIC_BASE_URL, workspace)
            problems += self._compared(report, days)
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("The books are in order.")

    def _compared(self, bill: Bill, days: int) -> list[str]:
        today = timezone.now().astimezone(UTC).date()
        first, last = today - timedelta(days=days), today - timedelta(days=1)
        try:
            billed = asyncio.run(bill.by_day(first, last))
        except NoBill as error:
            return [str(error)]
        problems = []
        for each in audit.days(first, last, billed):
            figures = f"{each.day}: billed ${each.billed:f}, recorded ${each.ours.cost:f}"
            self.stdout.write(f"{figures} (calls: {each.ours.calls:,}), of which ${each.ours.inexact:f} is not exact.")
            problems += [f"{each.day}: ${each.difference:f} apart. {each.problem}"] if each.problem else []
        return problems
