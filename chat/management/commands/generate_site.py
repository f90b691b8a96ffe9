"""``manage.py generate_site``: a big believable site, to measure on and to look at."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.models import Conversation
from chat.sample.site import Size, generate

LARGEST = 100_000_000


class Command(BaseCommand):
    """Fill an empty site with people, a year of conversations, and what every call cost."""

    help = (
        "Make a big believable site: people in groups, a year of conversations, and what every call cost. Nobody of "
        "them can log in. Refuses where there are conversations already, unless told --add."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How big."""
        parser.add_argument("--conversations", type=int, default=1_000, help="how many (1000)")
        parser.add_argument("--messages", type=int, help="together, half of them answers (10 for each conversation)")
        parser.add_argument("--records", type=int, help="usage records (12 for each conversation)")
        parser.add_argument("--seed", type=int, default=1, help="the same number makes the same site (1)")
        parser.add_argument("--add", action="store_true", help="also where there are conversations already")

    def handle(
        self, *, conversations: int, messages: int | None, records: int | None, seed: int, add: bool, **_: Any
    ) -> None:
        """Run the command."""
        size = Size(conversations, messages or conversations * 10, records or conversations * 12)
        if not 1 <= conversations <= LARGEST or not 0 < size.messages <= LARGEST or not 0 < size.records <= LARGEST:
            raise CommandError(f"Choose 1 to {LARGEST:,} of each.")
        if size.exchanges < conversations:
            raise CommandError(
                "--messages: each conversation needs a question and an answer, so at least twice as many."
            )
        if not add and Conversation.objects.exists():
            raise CommandError("There are conversations on this site. Choose another database, or --add to them.")
        generate(size, seed, self._told)
        self.stdout.write("")

    def _told(self, sentence: str) -> None:
        self.stdout.write(f"\r{sentence}", ending="")
        self.stdout.flush()
