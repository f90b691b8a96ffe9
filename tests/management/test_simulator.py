"""``manage.py simulator`` as a process of its own."""

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

MANAGE = Path(__file__).parents[2] / "manage.py"


@asynccontextmanager
async def running(*arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, MANAGE, "simulator", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_it_serves_at_the_address_it_prints_until_it_is_interrupted():
    async with running("--speed", "0") as process:
        url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession(url) as session, session.get("/v1/models") as response:
            assert (await response.json())["data"]
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_it_says_when_the_port_is_taken():
    async with running() as first:
        port = (await first.stdout.readline()).decode().strip().rpartition(":")[2]
        async with running("--port", port) as second:
            _, errors = await second.communicate()
            assert second.returncode == 1
            assert f"cannot listen on 127.0.0.1:{port}" in errors.decode()
