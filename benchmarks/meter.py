"""What is read off a run: processor time between two moments, and how late each token came."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic_ns

from benchmarks.processes import processor_seconds
from benchmarks.readers import Arrival


class Meter:
    """Samples what processes use of the processor, every 20 ms."""

    def __init__(self, pids: Collection[int]) -> None:
        self._pids = pids
        self._samples = [(monotonic_ns(), self._used())]

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await asyncio.sleep(0.02)
            self._samples.append((monotonic_ns(), self._used()))

    def seconds(self, since: int, until: int) -> float:
        """Processor seconds of all of them between two moments."""
        within = [used for at, used in self._samples if since <= at <= until]
        return within[-1] - within[0]

    def _used(self) -> float:
        return sum(processor_seconds(pid) for pid in self._pids)


@dataclass(frozen=True)
class Pieces:
    """The tokens of many answers: when each arrived, and how late."""

    answers: list[list[tuple[int, float]]]
    lost: int

    @classmethod
    def of(cls, answers: list[list[Arrival]], expected: int) -> "Pieces":
        """Read the stamps; RuntimeError where a token came twice or out of its order."""
        read = [stamped(answer) for answer in answers]
        return cls(read, sum(expected - len(each) for each in read))

    def late(self, share: float) -> float:
        """The lateness in milliseconds that this share of the tokens did not exceed."""
        every = sorted(late for answer in self.answers for _, late in answer)
        return every[int(len(every) * share)]

    @property
    def together(self) -> tuple[int, int]:
        """From when the last answer had begun until the first one ended."""
        answers = [answer for answer in self.answers if answer]
        return max(answer[0][0] for answer in answers), min(answer[-1][0] for answer in answers)

    def within(self, since: int, until: int) -> int:
        """How many tokens arrived between two moments."""
        return sum(since <= at <= until for answer in self.answers for at, _ in answer)


def stamped(answer: list[Arrival]) -> list[tuple[int, float]]:
    """Moment and lateness (ms) of each token of an answer."""
    found: list[tuple[int, float]] = []
    newest = -1
    for at, text in answer:
        for token in text.split():
            index, _, sent = token.partition(":")
            if int(index) <= newest:
                raise RuntimeError(f"Token {index} came after token {newest}.")
            newest = int(index)
            found.append((at, (at - int(sent)) / 1e6))
    return found
