"""The name of this process, from which others on the same machine can tell that it is gone."""

import os
import socket
from pathlib import Path

_SEPARATOR = ":"


def own_name() -> str:
    """``host:pid:start``; the start (clock ticks since boot) tells a process from a later one with the same pid."""
    return _SEPARATOR.join((socket.gethostname(), str(os.getpid()), _started(os.getpid())))


def is_gone(name: str) -> bool:
    """Whether the process of this name surely lives no more; false where that cannot be told from here."""
    host, _, rest = name.partition(_SEPARATOR)
    pid, _, started = rest.partition(_SEPARATOR)
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    try:
        # Field 22 of proc(5)'s stat; the command name before it may hold blanks, so count from its closing bracket.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
