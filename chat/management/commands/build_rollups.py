"""``manage.py build_rollups``: add up past days ahead of the first who asks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chat.reports import rollups


class Command(BaseCommand):
    """Never needed: what is missing is built when somebody asks for it. After an upgrade that takes a moment."""

    help = (
        "Add up the past days for the dashboard and the lists. What is missing is also built when somebody asks for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which days."""
        parser.add_argument("--anew", action="store_true", help="also the days that are built already")

    def handle(self, *, anew: bool, **_: Any) -> None:
        """Run the command."""
        days = rollups.build_all(timezone.now(), anew=anew)
        self.stdout.write(f"Days that are rolled up: {days:,}.")
