"""What a socket and a turn cost in memory: `python -m benchmarks.memory` opens many of them on one server process.

Each figure is what the process has grown by, through all of them, divided by their number; beside the idle sockets
stands what the process uses of a processor while nothing happens.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic

import aiohttp

from benchmarks.deployments import DEPLOYMENTS, INLINE
from benchmarks.processes import clean_environment, processor_seconds, resident_bytes, sessions, simulator
from benchmarks.readers import Connection

SOCKETS, SOCKETS_PER_PERSON = 1_000, 20
TURNS, TURNS_PER_PERSON = 50, 5
TOKENS, SPEED = 5_000, 250
IDLE_SECONDS, SETTLE_SECONDS = 20, 3


class Server:
    """The one process, and how much it has grown."""

    def __init__(self, url: str, pid: int, cookies: list[str]) -> None:
        self.url = url
        self.cookies = cookies
        self._pid = pid

    @property
    def bytes(self) -> int:
        """The memory that is in use just now."""
        return resident_bytes(self._pid)

    async def share(self, seconds: float) -> float:
        """The share of a processor that is used within the next seconds."""
        before = processor_seconds(self._pid)
        await asyncio.sleep(seconds)
        return (processor_seconds(self._pid) - before) / seconds

    @asynccontextmanager
    async def tabs(self, number: int, per_person: int) -> AsyncIterator[list[Connection]]:
        """So many tabs, greeted."""
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            opened = []
            for each in range(number):
                headers = {"Origin": self.url, "Cookie": self.cookies[each // per_person]}
                connecting = http.ws_connect(f"{self.url}/ws/chat/", headers=headers, max_msg_size=0)
                opened.append(Connection(await stack.enter_async_context(connecting)))
                await opened[-1].receive()
            yield opened


async def idle_sockets(server: Server) -> str:
    """What open sockets cost on which nothing happens."""
    alone = await server.share(IDLE_SECONDS)
    before = server.bytes
    async with server.tabs(SOCKETS, SOCKETS_PER_PERSON):
        await asyncio.sleep(SETTLE_SECONDS)
        grown = server.bytes - before
        share = await server.share(IDLE_SECONDS)
    return (
        f"| an idle socket, of {SOCKETS:,} | {grown / SOCKETS / 1024:.0f} KB | all of them {grown / 2**20:.0f} MB; "
        f"processor {share:.2%}, without them {alone:.2%} |"
    )


async def turns(server: Server, reads: bool) -> str:
    """What running turns cost whose tabs read, or those whose tabs have stopped reading."""
    before, most, began = server.bytes, 0, monotonic()
    async with server.tabs(TURNS, TURNS_PER_PERSON) as tabs:
        readers = [asyncio.create_task(drained(tab)) for tab in tabs] if reads else []
        for tab in tabs:
            await tab.ask(f"[[sim {json.dumps({'tokens': TOKENS, 'speed': SPEED, 'thinking': False})}]]")
        while monotonic() - began < TOKENS / SPEED + SETTLE_SECONDS:
            most = max(most, server.bytes)
            await asyncio.sleep(0.1)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    what = f"a turn of {TOKENS:,} tokens that is read" if reads else "the same, its tab asleep"
    return f"| {what}, of {TURNS} | {(most - before) / TURNS / 1024:.0f} KB | the most there was until its end |"


async def drained(tab: Connection) -> None:
    """Read whatever comes, until cancelled."""
    while True:
        await tab.receive()


async def measure(server: Server) -> None:
    """Warm up, then weigh one after the other."""
    await turns(server, reads=True)
    print("| what | memory | |\n|---|--:|---|")
    print(await turns(server, reads=True), flush=True)
    print(await turns(server, reads=False), flush=True)
    print(await idle_sockets(server), flush=True)


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulator(clean_environment(folder), 0) as upstream:
            environment = clean_environment(folder, upstream)
            cookie, keys = sessions(environment, SOCKETS // SOCKETS_PER_PERSON)
            with DEPLOYMENTS[INLINE](environment) as deployment:
                cookies = [f"{cookie}={key}" for key in keys]
                asyncio.run(measure(Server(deployment.urls[0], deployment.pids["web"], cookies)))


if __name__ == "__main__":
    main()
