"""What is measured side by side: this service in one process and spread over several, and what it is compared with."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.processes import ROOT, end, serving
from tests.servers import Redis

UVICORN = ("-m", "uvicorn", "--host", "127.0.0.1", "--log-level", "warning", "--no-access-log", "--port")
# What an operator who wants the cheapest frames would choose; measured in reference/traps.md, 1.3.
QUICK = ("--loop", "uvloop", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
DAPHNE = ("-m", "chatproject.server", "-v", "0", "-b", "127.0.0.1", "-p")

Environment = dict[str, str]


@dataclass(frozen=True)
class Deployment:
    """Processes that run: where they are reached, and their ids by what they are (a key may hold a number)."""

    urls: list[str]
    pids: dict[str, int]


Deployed = Callable[[Environment], AbstractContextManager[Deployment]]


@contextmanager
def alone(before: tuple[str, ...], after: tuple[str, ...], environment: Environment) -> Iterator[Deployment]:
    """One process; its port comes between the two parts of its command."""
    with serving(before, after, environment) as (url, pid):
        yield Deployment([url], {"web": pid})


@contextmanager
def spread(
    before: tuple[str, ...], after: tuple[str, ...], environment: Environment, webs: int = 1
) -> Iterator[Deployment]:
    """Web processes, one worker and Redis."""
    with redis() as (redis_url, redis_pid), ExitStack() as stack:
        environment = {**environment, "REDIS_URL": redis_url, "CHAT_RUNNER": "worker"}
        pids = {"redis": redis_pid, "worker": stack.enter_context(working(environment))}
        started = [stack.enter_context(serving(before, after, environment)) for _ in range(webs)]
        pids |= {f"web {number}" if webs > 1 else "web": pid for number, (_, pid) in enumerate(started, 1)}
        yield Deployment([url for url, _ in started], pids)


@contextmanager
def per_token(environment: Environment) -> Iterator[Deployment]:
    """One process and Redis; each token goes through the channel layer by itself."""
    with redis() as (redis_url, redis_pid):
        environment = {**environment, "REDIS_URL": redis_url}
        with serving((*DAPHNE,), ("benchmarks.per_token:application",), environment) as (url, pid):
            yield Deployment([url], {"redis": redis_pid, "web": pid})


@contextmanager
def redis() -> Iterator[tuple[str, int]]:
    """A Redis; gives its URL and process id."""
    server = Redis().start()
    try:
        yield server.url, server.process.pid
    finally:
        server.kill()


@contextmanager
def working(environment: Environment) -> Iterator[int]:
    """A worker that takes whatever comes; gives its process id once it is ready."""
    command = [sys.executable, "manage.py", "worker", "--concurrency", "1000"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
    finally:
        end(process)


OURS = ("chatproject.asgi:application",)
BARE = "bare FastAPI, uvicorn"
INLINE = "one process, daphne"
SPREAD = "worker, Redis, web (daphne)"
PER_TOKEN = "a group_send per token, daphne"
DEPLOYMENTS: dict[str, Deployed] = {
    BARE: partial(alone, UVICORN, ("benchmarks.bare:app",)),
    INLINE: partial(alone, DAPHNE, OURS),
    "one process, uvicorn": partial(alone, UVICORN, (*QUICK, *OURS)),
    SPREAD: partial(spread, DAPHNE, OURS),
    "worker, Redis, web (uvicorn)": partial(spread, UVICORN, (*QUICK, *OURS)),
    PER_TOKEN: per_token,
}
