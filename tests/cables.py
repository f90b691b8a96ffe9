"""A network between two processes that can be cut, held up and slowed."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit


class Cable:
    """A TCP proxy: ``cut`` breaks every connection and refuses new ones, ``hold`` swallows what is sent.

    What is sent towards ``upstream`` arrives ``delay`` seconds late.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._whole = True
        self.delay = 0.0

    async def start(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"{self._upstream.scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        self._open.set()
        await asyncio.gather(*self._tasks)

    def cut(self) -> None:
        self._whole = False
        self._break()

    def hold(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._whole = True
        self._open.set()

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        far_reader = None
        with suppress(ConnectionError):
            if self._whole:
                far_reader, far_writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        if far_reader is None:
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer, slowed=True), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slowed: bool = False) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        clock = asyncio.get_running_loop().time
        delivering = asyncio.create_task(self._deliver(late, writer))
        try:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    late.put_nowait((clock() + self.delay * slowed, data))
            late.put_nowait((clock(), b""))
            await delivering
        finally:
            delivering.cancel()

    async def _deliver(self, late: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        with suppress(ConnectionError):
            while True:
                due, data = await late.get()
                await asyncio.sleep(due - clock())
                await self._open.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()
