"""What relaying a token costs: `python -m benchmarks.relay` streams stamped tokens through real servers, side by side.

The simulator writes into each token the moment it sends it. This service (daphne; uvicorn) carries them to websockets
of people who are logged in, and keeps everything in its database; beside it stands a bare FastAPI endpoint that hands
the SDK's `text_stream` on as Server-Sent Events and keeps nothing. Simulator, server and readers are a process each;
only the server's processor time counts, less what it uses when idle.
"""

import argparse
import asyncio
import gc
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields
from math import isnan, nan
from pathlib import Path
from statistics import median
from time import monotonic_ns

import uvloop

from benchmarks.processes import COMMANDS, clean_environment, processor_seconds, server, sessions, simulator
from benchmarks.readers import Arrival, Events, Reader, Socket, Upstream

STREAMS, SPEED = 100, 40  # tokens a second
ONE, MANY = 200, 600  # tokens in the answer of one stream, and in each of many
IDLE_SECONDS, SETTLE_SECONDS = 2, 2
NOBODY, BARE = "no server: the measuring alone", "bare FastAPI, uvicorn"
NAMES = [NOBODY, *COMMANDS]


@dataclass(frozen=True)
class Result:
    """Milliseconds of lateness, microseconds of the server's processor for a token, and tokens that went missing."""

    one_p50: float
    p50: float
    p99: float
    steady: float  # while all streams run
    whole: float  # with the questions asked and everything written afterwards
    lost: float


class Meter:
    """Samples what a process uses of the processor, every 20 ms."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._samples = [(monotonic_ns(), processor_seconds(pid))]

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await asyncio.sleep(0.02)
            self._samples.append((monotonic_ns(), processor_seconds(self._pid)))

    def seconds(self, since: int, until: int) -> float:
        """Processor seconds between two moments."""
        within = [used for at, used in self._samples if since <= at <= until]
        return within[-1] - within[0]


@dataclass(frozen=True)
class Pieces:
    """The tokens of many answers: when each arrived, and how late."""

    answers: list[list[tuple[int, float]]]
    lost: int

    @classmethod
    def of(cls, answers: list[list[Arrival]], expected: int) -> "Pieces":
        """Read the stamps; RuntimeError where a token came twice or out of its order."""
        read = [stamped(answer) for answer in answers]
        return cls(read, sum(expected - len(each) for each in read))

    def late(self, share: float) -> float:
        """The lateness in milliseconds that this share of the tokens did not exceed."""
        every = sorted(late for answer in self.answers for _, late in answer)
        return every[int(len(every) * share)]

    @property
    def together(self) -> tuple[int, int]:
        """From when the last answer had begun until the first one ended."""
        return max(answer[0][0] for answer in self.answers), min(answer[-1][0] for answer in self.answers)

    def within(self, since: int, until: int) -> int:
        """How many tokens arrived between two moments."""
        return sum(since <= at <= until for answer in self.answers for at, _ in answer)


def stamped(answer: list[Arrival]) -> list[tuple[int, float]]:
    """Moment and lateness (ms) of each token of an answer."""
    found: list[tuple[int, float]] = []
    newest = -1
    for at, text in answer:
        for token in text.split():
            index, _, sent = token.partition(":")
            if int(index) <= newest:
                raise RuntimeError(f"Token {index} came after token {newest}.")
            newest = int(index)
            found.append((at, (at - int(sent)) / 1e6))
    return found


def question(tokens: int) -> str:
    return f"[[sim {json.dumps({'stamps': True, 'tokens': tokens, 'speed': SPEED})}]]"


async def ask(readers: list[Reader], tokens: int) -> Pieces:
    """Ask all of them at once."""
    return Pieces.of(await asyncio.gather(*(reader.answer(question(tokens)) for reader in readers)), tokens)


async def measure(readers: list[Reader], pid: int | None) -> Result:
    """One stream, then many."""
    async with AsyncExitStack() as stack:
        for reader in readers:
            await stack.enter_async_context(reader)
        await ask(readers[:1], 20)  # imports, first connections
        one = await ask(readers[:1], ONE)
        if pid is None:
            many = await ask(readers, MANY)
            return Result(one.late(0.5), many.late(0.5), many.late(0.99), nan, nan, many.lost)
        meter = Meter(pid)
        sampling = asyncio.create_task(meter.run())
        marks = [monotonic_ns()]
        await asyncio.sleep(IDLE_SECONDS)
        marks.append(monotonic_ns())
        many = await ask(readers, MANY)
        await asyncio.sleep(SETTLE_SECONDS)
        marks.append(monotonic_ns())
        sampling.cancel()
    idle = meter.seconds(marks[0], marks[1]) / (marks[1] - marks[0])

    def cost(since: int, until: int, tokens: int) -> float:
        if not tokens:
            return nan  # the last answer began after the first had ended: the machine has too much to do
        return (meter.seconds(since, until) - idle * (until - since)) / tokens * 1e6

    steady = cost(*many.together, many.within(*many.together))
    whole = cost(marks[1], marks[2], STREAMS * MANY - many.lost)
    return Result(one.late(0.5), many.late(0.5), many.late(0.99), steady, whole, many.lost)


async def run(name: str, folder: Path) -> Result:
    """Measure one of `NAMES`, in a world of its own."""
    with simulator(clean_environment(folder), SPEED) as upstream:
        if name == NOBODY:
            return await measure([Upstream(upstream) for _ in range(STREAMS)], None)
        environment = clean_environment(folder, upstream)
        reader: Callable[[str, int], Reader]
        if name == BARE:
            reader = lambda url, _: Events(url)  # noqa: E731
        else:
            cookie, keys = sessions(environment, STREAMS)
            reader = lambda url, number: Socket(url, f"{cookie}={keys[number]}")  # noqa: E731
        with server(name, environment) as (url, pid):
            return await measure([reader(url, number) for number in range(STREAMS)], pid)


def report(results: dict[str, list[Result]]) -> None:
    """The table; each figure the median of the rounds, lost tokens their sum."""
    middle = {
        name: Result(*(median(getattr(each, field.name) for each in found) for field in fields(Result)))
        for name, found in results.items()
    }
    rounds = len(next(iter(results.values())))
    print(f"{STREAMS} streams of {SPEED} tokens/s in one server process; median of {rounds} rounds. Lateness: from the")
    print(f"simulator's send to the reader's frame. {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.\n")
    print("| server | one stream: p50 (ms) | p50 (ms) | p99 (ms) | CPU per token (µs) | with start and end | lost |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, each in middle.items():
        bare = middle.get(BARE)
        costs = (beside(each.steady, bare and bare.steady), beside(each.whole, bare and bare.whole))
        lost = sum(result.lost for result in results[name])
        print(f"| {name} | {each.one_p50:.1f} | {each.p50:.1f} | {each.p99:.1f} | {' | '.join(costs)} | {lost:.0f} |")


def beside(cost: float, bare: float | None) -> str:
    """A cost and its ratio to the bare endpoint's."""
    if isnan(cost):
        return ""
    return f"{cost:.0f} ({cost / bare:.2f}x)" if bare and not isnan(bare) else f"{cost:.0f}"


def main() -> None:
    """Measure everything, or what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=NAMES, action="append", help="may be given several times")
    arguments = parser.parse_args()
    gc.disable()
    chosen = arguments.only or NAMES
    results: dict[str, list[Result]] = {name: [] for name in chosen}
    # Round by round, so that no server has the quiet minutes to itself.
    for name in chosen * arguments.rounds:
        with tempfile.TemporaryDirectory() as folder:
            results[name].append(uvloop.run(run(name, Path(folder))))
    report(results)


if __name__ == "__main__":
    main()
