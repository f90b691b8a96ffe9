"""`python -m benchmarks.accounts 100`: a new database with so many people, each with a session; prints the keys."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from chat.models import User  # noqa: E402


def session(number: int) -> str:
    """The key of a session of a new person."""
    client = Client()
    client.force_login(User.objects.create_user(f"reader-{number}"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    print(json.dumps({settings.SESSION_COOKIE_NAME: [session(number) for number in range(int(sys.argv[1]))]}))
