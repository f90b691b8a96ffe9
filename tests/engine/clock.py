"""An event loop whose clock leaps: where everybody waits, it is at once as late as the first of them waits for."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaping(selectors.SelectSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("Everybody waits for ever.")
        self.now += 0 if ready else max(timeout or 0, 0)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Starts at 0 s."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """The result of ``main``, which takes no real time and must leave no task, generator or unread fault behind."""
    faults: list[dict[str, Any]] = []

    async def watched() -> T:
        result = await main
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        result = runner.run(watched())
        generators = list(runner.get_loop()._asyncgens)  # type: ignore[attr-defined]
        assert all(each.ag_frame is None for each in generators), "An asynchronous generator was left open."
        assert faults == []
        return result
