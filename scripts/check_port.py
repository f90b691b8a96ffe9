"""Say plainly, before anything starts, when the address to serve on cannot be had."""

import errno
import socket
import sys

REASONS = {
    errno.EADDRINUSE: "port {port} is in use: make run PORT={next}",
    errno.EACCES: "port {port} needs more rights than you have: make run PORT=8000",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine: make run HOST=127.0.0.1",
}


def problem(host: str, port: str) -> str:
    """What is wrong with the address, in a sentence; empty where nothing is."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return f"{port!r} is no port: make run PORT=8000"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = REASONS.get(error.errno or 0, "cannot listen on {host} port {port}: {error}")
        return reason.format(host=host, port=port, next=int(port) % 65535 + 1, error=error.strerror)
    return ""


if __name__ == "__main__":
    sys.exit(problem(*sys.argv[1:]) or None)
