"""What relaying a token costs: `python -m benchmarks.relay` streams stamped tokens through real servers, side by side.

The simulator writes into each token the moment it sends it. This service carries them to websockets of people who are
logged in, and keeps everything in its database; beside it stands a bare FastAPI endpoint that hands the SDK's
`text_stream` on as Server-Sent Events and keeps nothing (`deployments` has them all). Simulator, servers and readers
are a process each; the processor time of the servers counts, Redis among them, less what they use when idle.
"""

import argparse
import asyncio
import gc
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, fields
from math import isnan, nan
from pathlib import Path
from statistics import median
from time import monotonic_ns

import uvloop

from benchmarks.deployments import BARE, DEPLOYMENTS, PER_TOKEN
from benchmarks.meter import Meter, Pieces
from benchmarks.processes import clean_environment, sessions, simulator
from benchmarks.readers import Events, PatientSocket, Reader, Socket, Upstream

SPEED = 40  # tokens a second
ONE, MANY = 200, 600  # tokens in the answer of one stream, and in each of many
MOST_PER_TOKEN = 30_000  # tokens: a group_send each takes long enough
IDLE_SECONDS, SETTLE_SECONDS = 2, 2
NOBODY = "no server: the measuring alone"
NAMES = [NOBODY, *DEPLOYMENTS]


@dataclass(frozen=True)
class Result:
    """Milliseconds of lateness, microseconds of the servers' processors for a token, and tokens that went missing."""

    one_p50: float
    p50: float
    p95: float
    p99: float
    steady: float  # while all streams run
    whole: float  # with the questions asked and everything written afterwards
    lost: float


def question(tokens: int) -> str:
    """A question whose answer is so many stamped tokens."""
    return f"[[sim {json.dumps({'stamps': True, 'tokens': tokens, 'speed': SPEED})}]]"


async def ask(readers: list[Reader], tokens: int) -> Pieces:
    """Ask all of them at once."""
    return Pieces.of(await asyncio.gather(*(reader.answer(question(tokens)) for reader in readers)), tokens)


async def measure(readers: list[Reader], pids: Iterable[int], tokens: int = MANY) -> Result:
    """One stream, then many."""
    async with AsyncExitStack() as stack:
        for reader in readers:
            await stack.enter_async_context(reader)
        await ask(readers[:1], 20)  # imports, first connections
        one = await ask(readers[:1], ONE)
        meter = Meter(list(pids))
        sampling = asyncio.create_task(meter.run())
        marks = [monotonic_ns()]
        await asyncio.sleep(IDLE_SECONDS)
        marks.append(monotonic_ns())
        many = await ask(readers, tokens)
        await asyncio.sleep(SETTLE_SECONDS)
        marks.append(monotonic_ns())
        sampling.cancel()
    idle = meter.seconds(marks[0], marks[1]) / (marks[1] - marks[0])

    def cost(since: int, until: int, tokens: int) -> float:
        if not tokens or not pids:
            return nan  # the last answer began after the first had ended: the machine has too much to do
        return (meter.seconds(since, until) - idle * (until - since)) / tokens * 1e6

    steady = cost(*many.together, many.within(*many.together))
    whole = cost(marks[1], marks[2], len(readers) * tokens - many.lost)
    return Result(one.late(0.5), *map(many.late, (0.5, 0.95, 0.99)), steady, whole, many.lost)


async def run(name: str, streams: int, folder: Path) -> Result:
    """Measure one of `NAMES`, in a world of its own."""
    with simulator(clean_environment(folder), SPEED) as upstream:
        if name == NOBODY:
            return await measure([Upstream(upstream) for _ in range(streams)], ())
        environment = clean_environment(folder, upstream)
        reader = readers_of(name, environment, streams)
        tokens = min(MANY, MOST_PER_TOKEN // streams) if name == PER_TOKEN else MANY
        with DEPLOYMENTS[name](environment) as deployment:
            readers = [reader(deployment.urls[0], number) for number in range(streams)]
            return await measure(readers, deployment.pids.values(), tokens)


def readers_of(name: str, environment: dict[str, str], streams: int) -> Callable[[str, int], Reader]:
    """Makes the readers of a deployment, each a person of their own where it has people."""
    if name == BARE:
        return lambda url, _: Events(url)
    if name == PER_TOKEN:
        return lambda url, _: PatientSocket(url, "")
    cookie, keys = sessions(environment, streams)
    return lambda url, number: Socket(url, f"{cookie}={keys[number]}")


def middle(found: list[Result]) -> Result:
    """The median of each figure; lost tokens are added up."""
    figures = {field.name: median(getattr(each, field.name) for each in found) for field in fields(Result)}
    return Result(**{**figures, "lost": sum(each.lost for each in found)})


def report(streams: int, results: dict[str, Result]) -> list[str]:
    """The table of so many streams, line by line."""
    lines = [
        f"| {streams} x {SPEED} tokens/s | one alone: p50 (ms) | p50 (ms) | p95 | p99 | CPU per token (µs) "
        "| with start and end | lost |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    bare = results.get(BARE)
    for name, each in results.items():
        costs = (beside(each.steady, bare and bare.steady), beside(each.whole, bare and bare.whole))
        lateness = " | ".join(f"{figure:.1f}" for figure in (each.one_p50, each.p50, each.p95, each.p99))
        lines.append(f"| {name} | {lateness} | {' | '.join(costs)} | {each.lost:.0f} |")
    return lines


def beside(cost: float, bare: float | None) -> str:
    """A cost and its ratio to the bare endpoint's."""
    if isnan(cost):
        return ""
    return f"{cost:.0f} ({cost / bare:.2f}x)" if bare and not isnan(bare) else f"{cost:.0f}"


def compare(streams: int, names: list[str], rounds: int) -> dict[str, Result]:
    """Measure each, round by round, so that no server has the quiet minutes to itself."""
    found: dict[str, list[Result]] = {name: [] for name in names}
    for name in names * rounds:
        with tempfile.TemporaryDirectory() as folder:
            found[name].append(uvloop.run(run(name, streams, Path(folder))))
    return {name: middle(each) for name, each in found.items()}


def main() -> None:
    """Measure everything, or what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--streams", type=int, nargs="+", default=[100])
    parser.add_argument("--only", choices=NAMES, action="append", help="may be given several times")
    parser.add_argument("--json", type=Path, help="write the figures into this file, too")
    arguments = parser.parse_args()
    gc.disable()
    print(
        f"Lateness: from the simulator's send to the reader's frame. {os.cpu_count()} cores; {arguments.rounds} rounds."
    )
    figures: dict[int, dict[str, dict[str, float]]] = {}
    for streams in arguments.streams:
        results = compare(streams, arguments.only or NAMES, arguments.rounds)
        print(f"\nload {os.getloadavg()[0]:.1f}\n", *report(streams, results), sep="\n", flush=True)
        figures[streams] = {name: asdict(result) for name, result in results.items()}
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
