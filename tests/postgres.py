"""PostgreSQL on a free port with a data directory of its own, as a process that can be killed and started again."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from scripts.setup import find_program
from tests.servers import free_port, wait_until

START_SECONDS = 30
USER = "postgres"


class Postgres:
    """One cluster; everybody on loopback is let in. Use it as a context manager, or ``start`` and ``remove`` it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        # The server refuses to run as root.
        self._as = USER if os.geteuid() == 0 else None
        if self._as:
            shutil.chown(self.folder, self._as)
        self.port = free_port()
        self.url = f"postgres://{USER}@127.0.0.1:{self.port}/postgres"
        options = ["--username", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = [_program("initdb"), "--pgdata", self.folder, *options]
        subprocess.run(command, user=self._as, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def start(self):
        """Start it, and wait until it answers."""
        command = [_program("postgres"), "-D", self.folder, "-k", "", "-h", "127.0.0.1", "-p", str(self.port)]
        # Nothing of it outlives the test, and a machine that stops is not what is tested.
        options = ["fsync=off", "max_connections=300", "log_min_messages=fatal"]
        flags = [word for option in options for word in ("-c", option)]
        self.process = subprocess.Popen(
            [*command, *flags], user=self._as, cwd=self.folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        wait_until(self._answers, self.process, "PostgreSQL", START_SECONDS)
        return self

    def kill(self):
        """End it at once, with all of its processes, as a crash would."""
        with suppress(ProcessLookupError):
            subprocess.run(
                [_program("pg_ctl"), "-D", self.folder, "-m", "immediate", "-w", "stop"],
                user=self._as,
                cwd=self.folder,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.process.wait()

    def remove(self):
        """End it, and remove what it kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self):
        return (
            subprocess.run(
                [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
            ).returncode
            == 0
        )


def _program(name):
    found = find_program(name)
    assert found, f"{name} is missing. Install: sudo apt-get install postgresql"
    return found
