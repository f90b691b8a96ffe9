"""``manage.py welcome``: say where the site is, how to log in and who answers; or what keeps it from working."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from chat import first_administrator, readiness
from chat.models import User
from chat.providers import is_simulated


class Command(BaseCommand):
    """Print the address, the one-time link while nobody has an account, and whether answers are simulated."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the server will listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        """Say it, or end with what is wrong."""
        wrong = [problem for problem in async_to_sync(readiness.problems)().values() if problem]
        if wrong:
            raise CommandError(" ".join(wrong))
        site = public_url() or site_url(host, port)
        self.stdout.write(f"\n  Chat      {site}/")
        self.stdout.write(f"  Log in    {how_to_log_in(site)}")
        self.stdout.write(f"  Answers   {who_answers()}\n")


def public_url() -> str:
    """Where people come from outside, as far as the settings say it; with https none could log in elsewhere."""
    return next((origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin), "")


def site_url(host: str, port: int) -> str:
    """The address to open on this machine; a wildcard is not one."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def how_to_log_in(site: str) -> str:
    """With an account, or over the link that makes the first one."""
    if User.objects.exists():
        return f"with your account (a forgotten password: {_python()} manage.py changepassword NAME)"
    link = reverse("first", args=[first_administrator.make_token()])
    return f"nobody has an account yet; make the administrator's here, within a day:\n            {site}{link}"


def _python() -> str:
    """The interpreter as it is called from where we are."""
    python = Path(sys.executable)
    return str(python.relative_to(settings.BASE_DIR)) if python.is_relative_to(settings.BASE_DIR) else "python"


def who_answers() -> str:
    """Claude, or the simulator and how to change that."""
    if is_simulated():
        return "simulated: set ANTHROPIC_API_KEY in the environment or in .env to have Claude's"
    return f"from {settings.ANTHROPIC_BASE_URL or 'Claude'} ({settings.CHAT_DEFAULT_MODEL})"
