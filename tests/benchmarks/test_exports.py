"""The figures of the export benchmark can be trusted: what came, what is missing, how much the server grew."""

import asyncio
import os

import pytest
from aiohttp import web

from benchmarks.exports import EXPORTS, MB, Got, Weighed, problem, row, weighed

CALLS, OWN = EXPORTS[0], next(export for export in EXPORTS if export.rows == "own")


@pytest.fixture
async def address():
    """A server in this process that has a page and a file of 2,000 rows, for which it takes 64 MB."""

    async def export(request):
        response = web.StreamResponse()
        await response.prepare(request)
        grown = b"x" * 64 * MB
        await asyncio.sleep(0.2)  # longer than the benchmark looks away
        for _ in range(2_001):
            await response.write(grown[:99] + b"\n")
        return response

    async def page(request):
        return web.Response(text="The list")

    app = web.Application()
    app.router.add_get(CALLS.path, export)
    app.router.add_get(CALLS.page, page)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_it_counts_what_each_reader_got_and_how_much_the_server_grew(address):
    found = await weighed(CALLS._replace(readers=2), address, os.getpid(), "session=x")
    assert found.got == [Got(2_001, 200_100, True)] * 2
    assert found.peak - found.before > 100 * MB
    assert "the server grew by 1" in problem(CALLS, found, rows=2_000)


async def test_who_gives_up_has_a_part(address):
    found = await weighed(CALLS._replace(rest=0.1, patience=0), address, os.getpid(), "session=x")
    assert [got.whole for got in found.got] == [False]
    assert "lines instead of 2001" in problem(CALLS, found, rows=2_000)


@pytest.mark.parametrize(
    ("export", "lines", "whole", "grown", "wrong"),
    [
        (CALLS, 11, True, 64, ""),
        (CALLS, 10, True, 0, "calls, CSV: [10] lines instead of 11."),
        (CALLS, 11, False, 0, "calls, CSV: [11] lines instead of 11."),
        (CALLS, 11, True, 65, "calls, CSV: the server grew by 65 MB."),
        (CALLS._replace(readers=2), 11, True, 65, ""),
        (CALLS._replace(patience=60), 5, False, 0, ""),
        (OWN, 1, True, 0, ""),
        (OWN, 0, True, 0, "all that is one person's: [0] lines instead of 1."),
    ],
)
def test_it_says_what_is_wrong(export, lines, whole, grown, wrong):
    assert problem(export, Weighed([Got(lines, 1, whole)], 1, 100 * MB, (100 + grown) * MB), rows=10) == wrong


def test_it_tells_what_was_read():
    whole, part = Weighed([Got(11, 3 * MB, True)] * 2, 4, 90 * MB, 99 * MB), Weighed([Got(5, MB, False)], 1, MB, MB)
    assert row(CALLS._replace(readers=2), whole, 10) == "| calls, CSV | 20 | 6 | 4 | 5 | 90 | 99 |"
    assert row(CALLS, part, 10) == "| calls, CSV | 5 | 1 | 1 | 5 | 1 | 1 |"
