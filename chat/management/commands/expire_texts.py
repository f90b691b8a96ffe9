"""``manage.py expire_texts``: delete what nobody has touched for ``CHAT_RETENTION_DAYS``, or make it anonymous."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chat import holds, retention
from chat.models import Conversation, Message
from chat.retention import Way

MOST_DAYS = 36_500


class Command(BaseCommand):
    """Safe at any time: while people chat, twice, and in several places at once."""

    help = (
        "Deletes conversations without a message or an answer for CHAT_RETENTION_DAYS, or makes them anonymous, as "
        "CHAT_RETENTION says. Usage records stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Another number of days, the other way, and only to look."""
        parser.add_argument("--days", type=int, metavar="N", help="instead of CHAT_RETENTION_DAYS")
        ways = [way.value for way in Way]
        parser.add_argument("--way", choices=ways, default=settings.CHAT_RETENTION, help="instead of CHAT_RETENTION")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *args: Any, days: int | None, way: str, dry_run: bool, **options: Any) -> None:
        """Say what was done."""
        days = settings.CHAT_RETENTION_DAYS if days is None else days
        if days is None:
            self.stdout.write("Everything is kept: CHAT_RETENTION_DAYS is empty. Set it, or say --days N.")
            return
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"{days} days make no sense: expected 1 to {MOST_DAYS:,}.")
        before = timezone.now() - timedelta(days=days)
        found = self._count(before, Way(way)) if dry_run else self._expire(before, Way(way))
        done = {Way.DELETE: "deleted", Way.ANONYMISE: "made anonymous"}[Way(way)]
        what = f"would be {done}" if dry_run else done
        self.stdout.write(
            f"{what[0].upper()}{what[1:]}: {found}, untouched for {days} days (since {before:%Y-%m-%d %H:%M %Z})."
        )
        if kept := holds.held(Conversation.objects.filter(updated_at__lt=before)).count():
            self.stdout.write(f"On legal hold, and kept: {kept:,}.")

    def _count(self, before: datetime, way: Way) -> str:
        rows = retention.expired(before, way)
        return _said(rows.count(), Message.objects.filter(conversation__in=rows).count())

    def _expire(self, before: datetime, way: Way) -> str:
        chats = messages = 0
        for deleted in retention.expire(before, way):
            chats, messages = chats + deleted.conversations, messages + deleted.messages
        return _said(chats, messages)


def _said(chats: int, messages: int) -> str:
    return f"{chats:,} conversation{'' if chats == 1 else 's'} with {messages:,} message{'' if messages == 1 else 's'}"
