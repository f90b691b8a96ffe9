"""Plays the steps of one answer on one connection: each at its moment, without a task or a future per token."""

import asyncio
import socket
import struct
from collections.abc import Iterator

from . import wire
from .ledger import Entry, Ledger
from .steps import Step
from .ticker import Ticker

BATCH = 64 * 1024  # bytes written before other streams get their turn
STALLED = 256 * 1024  # bytes waiting in the transport above which nothing more is written
RETRY = 0.005


class Player:
    """Writes steps to a transport at `speed` deltas a second, from absolute times, so that it never drifts."""

    def __init__(
        self,
        transport: asyncio.Transport,
        steps: Iterator[Step],
        speed: float,
        entry: Entry,
        ledger: Ledger,
        ticker: Ticker,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport, self._steps, self._entry, self._ledger = transport, steps, entry, ledger
        self._ticker = ticker
        self._interval = 1 / speed if speed else 0.0
        self._due = self._loop.time()
        self._done: asyncio.Future[None] = self._loop.create_future()

    async def play(self) -> None:
        """Play to the end and note it in the ledger; a cancellation stops it at once."""
        self._tick()
        await self._done

    def _tick(self) -> None:
        """Write all that is due, then sleep until the next step is."""
        # A cancellation of `play` cancels the future at once, before the task hears of it.
        if self._done.done() or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > STALLED:
            self._ticker.wake(self._loop.time() + RETRY, self._tick)
            return
        try:
            frames, close = self._take(self._loop.time())
        except Exception as error:
            self._done.set_exception(error)
            return
        if frames:
            self._transport.write(wire.chunk(frames))
        if close:
            self._finish(close)
        elif self._due != float("inf"):
            self._ticker.wake(self._due, self._tick)

    def _take(self, now: float) -> tuple[bytes, str]:
        """The frames due by now, and how to close after them ("" = go on)."""
        frames: list[bytes] = []
        size, close = 0, ""
        while self._due <= now and size < BATCH and not close:
            step = next(self._steps, None)
            if step is None:
                close = "finished"
                break
            if step.data:
                frames.append(step.data)
                size += len(step.data)
                self._note_event()
            if step.tokens:
                self._entry.generated(step.tokens, step.text, step.thinking)
                self._due += self._interval
            if step.wait:
                self._due = max(self._due, now) + step.wait
            close = step.close
        return b"".join(frames), close

    def _note_event(self) -> None:
        if not self._entry.events:
            self._ledger.begin(self._entry)
        self._entry.events += 1

    def _finish(self, close: str) -> None:
        if close == "reset":
            reset(self._transport)
        elif close == "cut":
            # Announces a longer chunk than it sends.
            self._transport.write(b"400\r\nevent: content_block_delta\n")
            self._transport.close()
        # Noted here, because losing the connection cancels the task that waits.
        self._ledger.close(self._entry, "finished" if close == "finished" else str(self._entry.fault))
        self._done.set_result(None)


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset instead of a FIN; what the kernel has not taken yet is lost."""
    raw: socket.socket = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
