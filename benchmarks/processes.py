"""The processes of a benchmark: the simulator, and one server at a time, with what it uses of the processor."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
OURS = ("ANTHROPIC_", "CHAT_", "DATABASE_URL", "REDIS_URL", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")

UVICORN = ("-m", "uvicorn", "--host", "127.0.0.1", "--log-level", "warning", "--no-access-log", "--port")
# What an operator who wants the cheapest frames would choose; measured in reference/traps.md, 1.3.
QUICK = ("--loop", "uvloop", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
DAPHNE = ("-m", "chatproject.server", "-v", "0", "-b", "127.0.0.1", "-p")


@dataclass(frozen=True)
class Command:
    """How a server is started; the port comes between the two."""

    before: tuple[str, ...]
    after: tuple[str, ...]


COMMANDS = {
    "bare FastAPI, uvicorn": Command(UVICORN, ("benchmarks.bare:app",)),
    "this service, daphne": Command(DAPHNE, ("chatproject.asgi:application",)),
    "this service, uvicorn": Command(UVICORN, (*QUICK, "chatproject.asgi:application")),
}


def clean_environment(folder: Path, upstream: str = "") -> dict[str, str]:
    """An environment in which only the defaults count, with a database in ``folder`` and no limit that would be met."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {
        **kept,
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(),
        "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}",
        "ANTHROPIC_BASE_URL": upstream,
        "ANTHROPIC_API_KEY": "any",
        "CHAT_MESSAGES_PER_MINUTE": "1000",
    }


def sessions(environment: dict[str, str], people: int) -> tuple[str, list[str]]:
    """The name of the session cookie, and a session for each of so many people."""
    command = [sys.executable, "-m", "benchmarks.accounts", str(people)]
    made = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout
    ((name, keys),) = json.loads(made).items()
    return name, keys


@contextmanager
def simulator(environment: dict[str, str], speed: float) -> Iterator[str]:
    """A simulator in a process of its own; gives its URL."""
    command = [sys.executable, "manage.py", "simulator", "--speed", str(speed)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        end(process)


@contextmanager
def server(name: str, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """One of `COMMANDS` in a process of its own; gives its URL and process id once it answers."""
    command, port = COMMANDS[name], free_port()
    words = [sys.executable, *command.before, str(port), *command.after]
    process = subprocess.Popen(words, cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield url, process.pid
    finally:
        end(process)


def processor_seconds(pid: int) -> float:
    """What a process has used so far, user and system, all of its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers; RuntimeError when it does not."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urlopen(f"{url}/healthz", timeout=5).close()
        except (URLError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{process.args!r} did not start.")


def end(process: subprocess.Popen) -> None:
    """End it and wait for that."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
