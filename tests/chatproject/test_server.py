"""daphne as we run it, in a process of its own: what it does about slow readers, and where an application fails."""

import subprocess
import sys
import time
from http.client import HTTPConnection, IncompleteRead
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.servers import ROOT, free_port, wait_until

REST_SECONDS = 0.3
KEPT = 16 * 2**20
"""More than the two ends of a socket hold."""


class Served:
    """``streams.application``, served."""

    def __init__(self):
        self.port = free_port()
        words = ["-m", "chatproject.server", "-v", "0", "-b", "127.0.0.1", "-p", str(self.port)]
        command = [sys.executable, *words, "tests.chatproject.streams:application"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, self.process, "The server")

    def _answers(self):
        try:
            return self.sent() == 0
        except OSError:
            return False

    def sent(self):
        """Bytes that the application has streamed so far."""
        return int(urlopen(f"http://127.0.0.1:{self.port}/sent", timeout=5).read())

    def sent_at_rest(self):
        """The same, as soon as it grows no more."""
        before, now = 0, self.sent()
        while before != now or not now:
            assert now < 100 * KEPT, "It streams to somebody who does not read."
            time.sleep(REST_SECONDS)
            before, now = now, self.sent()
        return now

    def ask(self, path, **headers):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers=headers)
        return connection, connection.getresponse()


def leave(connection, response):
    """Close the socket; the two share it."""
    response.close()
    connection.close()


@pytest.fixture
def served():
    served = Served()
    yield served
    served.process.terminate()
    served.process.wait(timeout=30)


def test_who_does_not_read_is_waited_for_and_not_kept_in_memory(served):
    connection, response = served.ask("/endless")
    before = served.sent_at_rest()
    assert before < KEPT
    response.read(2 * KEPT)
    assert served.sent_at_rest() >= 2 * KEPT
    leave(connection, response)


def test_nothing_is_made_for_a_reader_who_has_gone(served):
    connection, response = served.ask("/endless")
    response.read(KEPT)
    leave(connection, response)
    assert served.sent_at_rest() < 6 * KEPT


def test_a_response_that_fails_in_the_middle_is_broken_off_each_time(served):
    for _ in range(2):
        connection, response = served.ask("/fails")
        with pytest.raises((IncompleteRead, ConnectionResetError)):
            response.read()
        leave(connection, response)


def test_a_search_for_ten_thousand_emoji_after_another_is_answered(served):
    search = f"/sent?q={quote('🐝' * 10_000)}"
    connection, response = served.ask(search, Referer=f"http://127.0.0.1{search}")
    assert response.status == 200
    assert response.read() == b"0"
    leave(connection, response)
