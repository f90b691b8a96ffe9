"""How long the pages of the administration take on a big site: `python -m benchmarks.admin --conversations 100000`.

The site is made in the database of DATABASE_URL, unless it holds one; without DATABASE_URL in a SQLite file that goes.
"""

import argparse
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import django

ROUNDS = 3
DASHBOARD = {
    "today": "range=today",
    "7 days": "range=7-days",
    "30 days": "",
    "last month": "range=last-month",
    "a year": "range=year",
    "everything": "from=2000-01-01&to=2999-12-31",
}
LISTS = {
    "usage records": "usagerecord/",
    "usage records, by cost": "usagerecord/?o=-8",
    "usage records, page 100": "usagerecord/?p=100",
    "usage records, 30 days": "usagerecord/?started_at_since={month}",
    "usage records, failed": "usagerecord/?end__exact=failed",
    "usage records, one error": "usagerecord/?error=overloaded",
    "usage records, one model": "usagerecord/?language_model=claude-opus-5-5",
    "usage records, one person": "usagerecord/?person={person}",
    "usage records, one group": "usagerecord/?group={group}",
    "usage records, unpriced": "usagerecord/?price=unpriced",
    "usage records, search": "usagerecord/?q=overloaded",
    "conversations": "conversation/",
    "conversations, 30 days": "conversation/?updated_at_since={month}",
    "conversations, one person": "conversation/?person={person}",
    "conversations, failed": "conversation/?holds=failed",
    "conversations, running": "conversation/?holds=running",
    "conversations, unpriced": "conversation/?holds=unpriced",
    "conversations, by cost": "conversation/?o=-6",
    "conversations, by messages": "conversation/?o=-4",
    "conversations, search": "conversation/?q=sourdough",
    "conversations, search phrase": "conversation/?q=%22quarterly+report%22",
    "people": "user/",
    "people, by spend": "user/?o=-7",
    "people, one group": "user/?groups__id__exact={group}",
    "person": "user/{person}/change/",
    "budgets": "budget/",
    "models": "languagemodel/",
}


class Taken(NamedTuple):
    """Seconds of the first and of the best later time, and queries of the latter."""

    first: float
    again: float
    queries: int


def opened(client: object, url: str) -> Taken:
    """Open a page a few times."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds, queries = [], 0
    for _ in range(ROUNDS):
        with CaptureQueriesContext(connection) as captured:
            begin = time.perf_counter()
            response = client.get(url)
            seconds.append(time.perf_counter() - begin)
        assert response.status_code == 200, (url, response.status_code)
        queries = len(captured)
    return Taken(seconds[0], min(seconds[1:]), queries)


def measured(only: str) -> None:
    """Open every page and print what it took."""
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from chat.models import User

    keeper, _ = User.objects.get_or_create(username="keeper", defaults={"is_staff": True, "is_superuser": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(keeper)
    known = {
        "person": User.objects.exclude(pk=keeper.pk).order_by("pk").values_list("pk", flat=True)[0],
        "group": Group.objects.order_by("pk").values_list("pk", flat=True)[0],
        "month": (timezone.localdate() - timedelta(days=29)).isoformat(),
    }
    pages = {f"dashboard, {name}": f"/admin/?{query}" for name, query in DASHBOARD.items()}
    pages |= {name: f"/admin/chat/{path}" for name, path in LISTS.items()}
    print(f"\n{connection.vendor}; milliseconds\n\n| page | first | again | queries |\n|---|--:|--:|--:|")
    for name, url in pages.items():
        if only in name:
            taken = opened(client, url.format(**known))
            print(f"| {name} | {taken.first * 1000:.0f} | {taken.again * 1000:.0f} | {taken.queries} |", flush=True)


def main() -> None:
    """Make the site if need be, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admin", description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--only", default="", help="pages whose names hold this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'site.sqlite3'}")
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
        django.setup()
        from django.core.management import call_command

        from chat.models import Conversation

        call_command("migrate", verbosity=0)
        if not Conversation.objects.exists():
            call_command("generate_site", conversations=options.conversations)
        measured(options.only)


if __name__ == "__main__":
    main()
