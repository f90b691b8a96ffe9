"""How long each page of the administration takes on a big site: `python -m benchmarks.admin --conversations 100000`.

The site is made in the database of DATABASE_URL, unless it holds one; without DATABASE_URL in a SQLite file that goes.
The slowest pages come first. It fails where the second opening of one takes longer than it may; the first openings, of
which some read their index from the disk where the database has just been started, are told besides.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import django

LIMIT = {"postgresql": 1.0, "sqlite": 2.0}
"""Seconds that a page may take."""
PATIENCE = 30
"""Seconds after which a query is given up."""
SLOWEST = 25


class Taken(NamedTuple):
    """Seconds of the first and of the second time, and the queries of the latter."""

    page: str
    first: float
    again: float
    queries: int
    slowest: str = ""


def opened(client: Any, url: str) -> Taken:
    """Open a page twice."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds = []
    for _ in range(2):
        connection.queries_log.clear()
        with CaptureQueriesContext(connection) as captured:
            begin = time.perf_counter()
            try:
                response = client.get(url)
            except django.db.utils.OperationalError:
                client.get("/admin/login/")
                return Taken(url, PATIENCE, PATIENCE, 0, captured[-1]["sql"] if captured else "")
            seconds.append(time.perf_counter() - begin)
        assert response.status_code == 200, (url, response.status_code)
    worst = max(captured, key=lambda query: float(query["time"]), default={"sql": "", "time": "0"})
    return Taken(url, *seconds, len(captured), f"{worst['time']} s: {worst['sql']}")


def measured(only: str) -> list[Taken]:
    """Open every page, the slowest first."""
    from django.db import connection
    from django.test import Client

    from benchmarks import big_site
    from benchmarks.admin_pages import pages

    keeper = big_site.keeper()
    client = Client(headers={"host": "localhost"})
    client.force_login(keeper)
    taken = []
    for url in pages(keeper):
        if only in url:
            taken.append(opened(client, url))
            if taken[-1].again > LIMIT[connection.vendor]:
                print(f"{taken[-1].again:.1f} s: {url}\n    {taken[-1].slowest[:300]}", file=sys.stderr, flush=True)
    return sorted(taken, key=lambda each: -each.again)


def table(taken: Iterable[Taken]) -> str:
    """Milliseconds, in Markdown."""
    rows = (f"| `{e.page}` | {e.first * 1000:.0f} | {e.again * 1000:.0f} | {e.queries} |" for e in taken)
    return "\n".join(("| page | first | again | queries |", "|---|--:|--:|--:|", *rows))


def told(taken: list[Taken], vendor: str, most: int) -> bool:
    """Print the slowest and a sentence about all, each time; whether each was fast enough the second."""
    limit = LIMIT[vendor]
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"\n{vendor}, milliseconds, load {load}\n\n{table(taken[:most])}\n")
    for which, seconds in (("first", [e.first for e in taken]), ("second", [e.again for e in taken])):
        print(
            f"{len(taken)} pages, the {which} time half of them within {median(seconds) * 1000:.0f} ms, the slowest "
            f"{max(seconds) * 1000:.0f}; over {limit:.0f} s: {sum(each > limit for each in seconds)}."
        )
    if late := sorted((each for each in taken if each.first > limit), key=lambda each: -each.first):
        print(f"\nThe first time over {limit:.0f} s:\n\n{table(late)}")
    return all(each.again <= limit for each in taken)


def impatient(connection: Any, **_: object) -> None:
    """Let SQLite give up a query, as PostgreSQL does when told."""
    if connection.vendor == "sqlite":
        begin: list[float] = []

        def late() -> bool:
            return time.perf_counter() - begin[-1] > PATIENCE

        def note(_: str) -> None:
            begin[:] = [time.perf_counter()]

        raw: sqlite3.Connection = connection.connection
        raw.set_trace_callback(note)
        raw.set_progress_handler(late, 1_000_000)


def main() -> int:
    """Make the site if need be, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admin", description=__doc__.partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--only", default="", help="pages whose addresses hold this")
    parser.add_argument("--slowest", type=int, default=SLOWEST, help="how many to print")
    parser.add_argument("--json", type=Path, help="where to write all of it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'site.sqlite3'}")
        os.environ.setdefault("PGOPTIONS", f"-c statement_timeout={PATIENCE * 1000}")
        from django.db import connection
        from django.db.backends.signals import connection_created

        from benchmarks import big_site  # sets up Django

        big_site.make(options.conversations)
        connection.close()
        connection_created.connect(impatient)
        taken = measured(options.only)
        if options.json:
            options.json.write_text(json.dumps([each._asdict() for each in taken], indent=1))
        return 0 if told(taken, connection.vendor, options.slowest) else 1


if __name__ == "__main__":
    sys.exit(main())
