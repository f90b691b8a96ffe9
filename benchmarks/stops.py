"""How soon a Stop is obeyed: `python -m benchmarks.stops` asks on one web process and stops from another.

Four web processes without sticky sessions, one worker, Redis. Milliseconds from sending `stop` until the tab that
stops, and the one that reads on a third process, have the end of the answer, which is kept by then.
"""

import argparse
import asyncio
import json
import tempfile
from itertools import cycle
from pathlib import Path
from time import monotonic

import aiohttp

from benchmarks.deployments import DAPHNE, OURS, spread
from benchmarks.processes import clean_environment, sessions, simulator
from benchmarks.readers import Connection

WEBS = 4
SPEED = 40  # tokens a second


async def until(tab: Connection, type_: str, **fields: object) -> dict[str, object]:
    """The next frame of this type with these fields."""
    while True:
        frame: dict[str, object] = json.loads(await tab.receive())
        if {"type": type_, **fields}.items() <= frame.items():
            return frame


async def stopped(asking: Connection, reading: Connection, stopping: Connection) -> tuple[float, float]:
    """Ask, and stop in the middle; milliseconds until the end is known where it was stopped and where it is read."""
    tabs = (asking, reading, stopping)
    await asking.ask(f"[[sim {json.dumps({'tokens': 2000, 'thinking': False})}]]")
    accepted = await until(asking, "accepted")
    turn, conversation = accepted["turn"], accepted["conversation"]
    for tab in (reading, stopping):
        await tab.send({"type": "watch", "conversation": conversation})
    await asyncio.gather(*(until(tab, "delta", turn=turn) for tab in tabs))
    began = monotonic()
    await stopping.send({"type": "stop", "turn": turn})
    _, there, here = await asyncio.gather(*(ended(tab, turn) for tab in tabs))
    for tab in tabs:
        await tab.send({"type": "unwatch", "conversation": conversation})
    return (here - began) * 1000, (there - began) * 1000


async def ended(tab: Connection, turn: object) -> float:
    """The moment at which a tab knows that a turn is over."""
    await until(tab, "ended", turn=turn, state="stopped")
    return monotonic()


async def measure(urls: list[str], cookie: str, stops: int) -> None:
    """Stop again and again, each time from the next process; print the table."""
    async with aiohttp.ClientSession() as http:
        headers = [{"Origin": url, "Cookie": cookie} for url in urls]
        sockets = [
            await http.ws_connect(f"{url}/ws/chat/", headers=each) for url, each in zip(urls, headers, strict=True)
        ]
        tabs = [Connection(socket) for socket in sockets]
        turned = cycle(range(WEBS))
        found = []
        for _ in range(stops):
            first = next(turned)
            found.append(await stopped(*(tabs[(first + step) % WEBS] for step in range(3))))
        for tab in tabs:
            await tab.close()
    print("| until it is known | p50 (ms) | p95 | slowest |\n|---|--:|--:|--:|")
    for where, times in zip(("where it was stopped", "on another process"), zip(*found, strict=True), strict=True):
        every = sorted(times)
        p50, p95 = (every[int(len(every) * share)] for share in (0.5, 0.95))
        print(f"| {where} | {p50:.0f} | {p95:.0f} | {every[-1]:.0f} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stops", type=int, default=100)
    stops = parser.parse_args().stops
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulator(clean_environment(folder), SPEED) as upstream:
            environment = clean_environment(folder, upstream)
            cookie, (key,) = sessions(environment, 1)
            with spread(DAPHNE, OURS, environment, webs=WEBS) as deployment:
                asyncio.run(measure(deployment.urls, f"{cookie}={key}", stops))


if __name__ == "__main__":
    main()
