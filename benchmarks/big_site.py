"""`python -m benchmarks.big_site 5000`: the site of DATABASE_URL, made where there is none; prints who downloads it."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402

from chat.models import Conversation, Message, UsageRecord, User  # noqa: E402


def make(conversations: int) -> None:
    """Migrate, and fill what is empty with so many conversations."""
    call_command("migrate", verbosity=0)
    if not Conversation.objects.exists():
        call_command("generate_site", conversations=conversations, stdout=sys.stderr)


def keeper() -> User:
    """Somebody who may see everything."""
    return User.objects.get_or_create(username="keeper", defaults={"is_staff": True, "is_superuser": True})[0]


def busiest() -> User:
    """Who made most calls."""
    return User.objects.annotate(calls=Count("usage_records")).order_by("-calls")[0]


def cookie_of(user: User) -> str:
    """The cookie of a new session."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def downloads() -> dict[str, object]:
    """The cookies of who sees everything and of who has most, and how many rows each of them downloads."""
    person = busiest()
    calls, messages = UsageRecord.objects.filter(user=person), Message.objects.of(person)
    return {
        "keeper": cookie_of(keeper()),
        "person": cookie_of(person),
        "calls": UsageRecord.objects.count(),
        "conversations": Conversation.objects.count(),
        "own": calls.count() + messages.count(),
    }


if __name__ == "__main__":
    make(int(sys.argv[1]))
    print(json.dumps(downloads()))
