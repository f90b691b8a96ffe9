"""Our server, on the database of the tests, and Redis: each as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120  # on a machine that is busy


class Process:
    """One of our processes. ``upstream`` is the simulator's URL; more of the environment by keyword."""

    process = None

    def __init__(self, upstream, **environment):
        self.environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,
            "ANTHROPIC_BASE_URL": upstream,
            "ANTHROPIC_API_KEY": "any",
            **environment,
        }

    def run(self, *words, **more):
        """Run Python with these words."""
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=self.environment, **more)

    def kill(self):
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End it with SIGTERM, and wait until it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=START_SECONDS)


class Server(Process):
    """daphne on a free port."""

    def __init__(self, upstream, **environment):
        super().__init__(upstream, **environment)
        self.url = f"http://127.0.0.1:{free_port()}"

    def start(self):
        """Start it, and wait until it answers."""
        daphne = ["-m", "chatproject.server", "-v", "0", "-b", "127.0.0.1", "-p", self.url.rpartition(":")[2]]
        self.run(*daphne, "chatproject.asgi:application")
        wait_until(self._answers, self.process, "The server")
        return self

    def _answers(self):
        try:
            return urlopen(f"{self.url}/healthz", timeout=5).status == 200
        except OSError:  # refused, or not in time
            return False


class Worker(Process):
    """``manage.py worker``."""

    def start(self):
        """Start it, and wait until it says that it works."""
        self.run("manage.py", "worker", stdout=subprocess.PIPE)
        with self.process.stdout:
            said = self.process.stdout.readline()
        assert said, "The worker ended at its start."
        return self


class Redis:
    """redis-server on a free port, with nothing kept; it can be killed and started again."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"

    def start(self):
        """Start it, and wait until it listens."""
        command = ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen([*command, "--loglevel", "warning"], stdout=subprocess.DEVNULL)
        wait_until(self._listens, self.process, "redis-server")
        return self

    def kill(self):
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def _listens(self):
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False


def wait_until(answers, process, name, seconds=START_SECONDS):
    """Wait until a process that was started answers, and no longer than it lives."""
    for _ in range(seconds * 20):
        if answers():
            return
        assert process.poll() is None, f"{name} ended at its start."
        time.sleep(0.05)
    raise AssertionError(f"{name} did not start.")


def database_url():
    """Where the tests keep their data, for a process of its own."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def free_port():
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
