"""What a download costs: `python -m benchmarks exports` reads whole exports of a big site from one real server.

The site is that of DATABASE_URL, made there where it is empty; without DATABASE_URL in a SQLite file that goes. Each
download has a server to itself that has just opened the page which leads to it. It fails where a file is not whole, or
where the server grows by more than it may.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import aiohttp

from benchmarks.deployments import DEPLOYMENTS, INLINE
from benchmarks.processes import ROOT, clean_environment, resident_bytes

PIECE = 64 * 1024  # bytes
SETTLE_SECONDS = 1
MAY_GROW = 64
"""MB that a server may grow by, for each who reads."""
MB = 2**20


class Export(NamedTuple):
    """``rows`` names how many there should be, ``page`` leads to it.

    ``readers`` at once rest so many seconds after each piece, and give up after ``patience``.
    """

    what: str
    rows: str
    path: str
    page: str
    readers: int = 1
    rest: float = 0
    patience: float = inf


CALLS, CHATS = "/admin/chat/usagerecord/", "/admin/chat/conversation/"
EXPORTS = (
    Export("calls, CSV", "calls", f"{CALLS}export.csv", CALLS),
    Export("calls, JSON Lines", "calls", f"{CALLS}export.jsonl", CALLS),
    Export("conversations, CSV", "conversations", f"{CHATS}export.csv", CHATS),
    Export("conversations, JSON Lines", "conversations", f"{CHATS}export.jsonl", CHATS),
    Export("all that is one person's", "own", "/accounts/data/", "/"),
    Export("calls, CSV, four at once", "calls", f"{CALLS}export.csv", CALLS, readers=4),
    Export("calls, CSV, read slowly for a minute", "calls", f"{CALLS}export.csv", CALLS, rest=0.5, patience=60),
)


class Got(NamedTuple):
    """What one reader has: how many lines and bytes, and whether the server said that this is the end."""

    lines: int
    bytes: int
    whole: bool


class Weighed(NamedTuple):
    """What a download took, and the memory of the server before it and at the most, in bytes."""

    got: list[Got]
    seconds: float
    before: int
    peak: int


async def read(http: aiohttp.ClientSession, url: str, rest: float = 0, patience: float = inf) -> Got:
    """Read a file to its end, or for so long."""
    lines = size = 0
    until = monotonic() + patience
    async with http.get(url) as response:
        response.raise_for_status()
        while piece := await response.content.read(PIECE):
            lines, size = lines + piece.count(b"\n"), size + len(piece)
            await asyncio.sleep(rest)
            if monotonic() > until:
                return Got(lines, size, False)
    return Got(lines, size, True)


async def weighed(export: Export, url: str, pid: int, cookie: str) -> Weighed:
    """Download it, and watch how large the server grows."""
    patient = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(headers={"Cookie": cookie}, timeout=patient, read_bufsize=PIECE) as http:
        await read(http, url + export.page)
        await asyncio.sleep(SETTLE_SECONDS)
        before = peak = resident_bytes(pid)
        begin = monotonic()
        reading = [read(http, url + export.path, export.rest, export.patience) for _ in range(export.readers)]
        downloading = asyncio.gather(*reading)
        while not downloading.done():
            await asyncio.wait([downloading], timeout=0.05)
            peak = max(peak, resident_bytes(pid))
        return Weighed(await downloading, monotonic() - begin, before, peak)


def problem(export: Export, found: Weighed, rows: int) -> str:
    """What is wrong with a download of so many rows; empty where nothing is."""
    head = export.path.endswith(".csv")
    lines = 1 if export.rows == "own" else rows + head
    if export.patience == inf and any(not got.whole or got.lines != lines for got in found.got):
        return f"{export.what}: {[got.lines for got in found.got]} lines instead of {lines}."
    if found.peak - found.before > export.readers * MAY_GROW * MB:
        return f"{export.what}: the server grew by {(found.peak - found.before) / MB:.0f} MB."
    return ""


def row(export: Export, found: Weighed, rows: int) -> str:
    """A row of the table, in Markdown."""
    size = sum(got.bytes for got in found.got)
    read_rows = rows * export.readers if all(got.whole for got in found.got) else sum(got.lines for got in found.got)
    return (
        f"| {export.what} | {read_rows:,} | {size / MB:,.0f} | {found.seconds:.0f} | {read_rows / found.seconds:,.0f} "
        f"| {found.before / MB:.0f} | {found.peak / MB:.0f} |"
    )


def site(environment: Mapping[str, str], conversations: int) -> dict[str, Any]:
    """Who reads it, and how many rows there are; see `big_site`."""
    command = [sys.executable, "-m", "benchmarks.big_site", str(conversations)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment))
    return found


def measure(environment: dict[str, str], known: Mapping[str, Any], only: str) -> list[str]:
    """Weigh each, print the table, and give what was wrong."""
    print("| export | rows | MB | seconds | rows a second | memory before, MB | at the most |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    problems = []
    for export in EXPORTS:
        if only in export.what:
            cookie = known["person" if export.rows == "own" else "keeper"]
            with DEPLOYMENTS[INLINE](environment) as deployed:
                found = asyncio.run(weighed(export, deployed.urls[0], deployed.pids["web"], cookie))
            print(row(export, found, known[export.rows]), flush=True)
            problems.append(problem(export, found, known[export.rows]))
    return [each for each in problems if each]


def main() -> None:
    """Make the site if need be, measure, and exit with what was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks exports", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--conversations", type=int, default=5_000, help="of the site that is made where there is none")
    parser.add_argument("--only", default="", help="exports whose names hold this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = clean_environment(Path(folder))
        environment["DATABASE_URL"] = os.environ.get("DATABASE_URL", environment["DATABASE_URL"])
        problems = measure(environment, site(environment, options.conversations), options.only)
    print(f"\nload {os.getloadavg()[0]:.1f}")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
