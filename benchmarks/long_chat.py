"""What a long conversation costs: `python -m benchmarks.long_chat` opens one of 2,000 messages and asks once more.

Printed beside a conversation of 2 messages, so that the difference is the length's: milliseconds to open the page, and
from sending a question to the moment the simulator has the request.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from uuid import uuid4

import aiohttp

from benchmarks.deployments import DEPLOYMENTS, INLINE
from benchmarks.processes import ROOT, clean_environment, sessions, simulator

LENGTHS = (2, 2_000)


@dataclass(frozen=True)
class Chat:
    """A conversation that was made: its id, its last message, and how many it has."""

    id: str
    leaf: str
    length: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulator(clean_environment(folder), 0) as upstream:
            environment = clean_environment(folder, upstream)
            cookie, (key,) = sessions(environment, 1)
            chats = made(environment)
            with DEPLOYMENTS[INLINE](environment) as deployment:
                asyncio.run(measure(deployment.urls[0], upstream, f"{cookie}={key}", chats, rounds))


def made(environment: dict[str, str]) -> list[Chat]:
    """Conversations of `LENGTHS` messages for the one person there is."""
    words = [sys.executable, "-m", "benchmarks.conversations", *map(str, LENGTHS)]
    told = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return [Chat(**each) for each in json.loads(told)]


async def measure(url: str, upstream: str, cookie: str, chats: list[Chat], rounds: int) -> None:
    """Open and ask; print the medians."""
    print("| messages | open the page, ms | question to upstream, ms |\n|---:|---:|---:|")
    async with aiohttp.ClientSession(headers={"Origin": url, "Cookie": cookie}) as http:
        await asking(http, url, upstream, chats[0])  # warms up
        for chat in chats:
            opened = [await opening(http, f"{url}/c/{chat.id}/") for _ in range(rounds)]
            asked = [await asking(http, url, upstream, chat) for _ in range(rounds)]
            print(f"| {chat.length:,} | {median(opened):.0f} | {median(asked):.0f} |", flush=True)


async def opening(http: aiohttp.ClientSession, url: str) -> float:
    """Milliseconds until the whole page is here."""
    began = monotonic()
    async with http.get(url) as response:
        assert response.status == 200
        await response.read()
    return (monotonic() - began) * 1000


async def asking(http: aiohttp.ClientSession, url: str, upstream: str, chat: Chat) -> float:
    """Milliseconds from sending a question until the simulator has it, its history and all."""
    word = uuid4().hex
    command = {"type": "send", "key": str(uuid4()), "conversation": chat.id, "parent": chat.leaf, "text": word}
    async with http.ws_connect(f"{url}/ws/chat/") as socket:
        await socket.receive()
        sent = monotonic()
        await socket.send_json(command)
        async for message in socket:
            if message.data.startswith('{"type":"ended"'):
                break
    async with http.get(f"{upstream}/_simulator/ledger?contains={word}") as response:
        entries = await response.json()
    return (min(entry["started"] for entry in entries if entry["path"] == "/v1/messages") - sent) * 1000


if __name__ == "__main__":
    main()
