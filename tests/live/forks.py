"""Processes that answer a turn each, to be killed: forked from one that has loaded everything, which makes them cheap.

``python -m tests.live.forks`` reads the turns from its input, one in a line, and writes the process that answers each.
"""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import django

from tests.servers import Process


class Fork:
    """One of them."""

    def __init__(self, pid):
        self.pid = pid

    def kill(self):
        """End it with SIGKILL; to a second one nothing happens."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@asynccontextmanager
async def forked(upstream):
    """Gives a coroutine that has a new process answer a queued turn. All are killed at the end."""
    parent, forks = Process(upstream, CHAT_TITLE_MODEL="none"), []
    parent.run("-m", "tests.live.forks", stdin=-1, stdout=-1, text=True, bufsize=1)

    def fork(turn):
        parent.process.stdin.write(f"{turn}\n")
        forks.append(Fork(int(parent.process.stdout.readline())))
        return forks[-1]

    try:
        yield lambda turn: asyncio.to_thread(fork, turn)
    finally:
        parent.kill()
        for each in forks:
            each.kill()
        parent.process.stdin.close(), parent.process.stdout.close()


async def load():
    """Load what an answer needs; much of the SDK is loaded with the first request."""
    from chat.providers import aclose_provider, get_provider  # after Django is set up

    await (await get_provider()).count_tokens("claude-sonnet-5-5", [{"role": "user", "content": "Hello"}])
    await aclose_provider()


async def answer(turn):
    """Answer it, and stay."""
    from chat.live.runner import current_runner

    await current_runner().claim(turn)
    await asyncio.Event().wait()


def main():
    """Fork for each line, until there are no more."""
    django.setup()
    asyncio.run(load())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a dead child that nobody waits for still has its name
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            asyncio.run(answer(UUID(line.strip())))
        print(child, flush=True)


if __name__ == "__main__":
    main()
