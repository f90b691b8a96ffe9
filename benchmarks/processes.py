"""The processes of a benchmark: the simulator, servers, and what a process uses of the processor and of memory."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
OURS = ("ANTHROPIC_", "CHAT_", "DATABASE_URL", "REDIS_URL", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")


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
def serving(before: tuple[str, ...], after: tuple[str, ...], environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server in a process of its own, a port between the two parts of its command; gives its URL and process id."""
    port = free_port()
    process = subprocess.Popen([sys.executable, *before, str(port), *after], cwd=ROOT, env=environment)
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


def resident_bytes(pid: int) -> int:
    """The memory of a process that is in use just now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


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
