"""How long to wait: one timer for many waits."""

import asyncio

import pytest

from chat.engine.patience import Patience
from tests.engine import clock


def now():
    return asyncio.get_running_loop().time()


def after(seconds, patience_of=lambda: Patience(10, now() + 100)):
    """What a wait of so many seconds comes to, and when."""

    async def waiting():
        patience, began = patience_of(), now()
        try:
            return await patience.wait(asyncio.sleep(seconds, "done")), now() - began
        except TimeoutError:
            return "timed out", now() - began
        finally:
            patience.close()

    return clock.run(waiting())


def test_it_gives_the_result_of_what_is_in_time():
    assert after(9) == ("done", 9)


def test_it_ends_a_wait_that_takes_too_long():
    assert after(11) == ("timed out", 10)


def test_it_ends_a_wait_at_the_deadline():
    assert after(9, lambda: Patience(10, now() + 5)) == ("timed out", 5)


def test_a_deadline_that_has_passed_leaves_no_time():
    assert after(1, lambda: Patience(10, now() - 1)) == ("timed out", 0)


def test_each_wait_has_the_whole_patience():
    async def waiting():
        patience, began = Patience(10, now() + 1_000), now()
        for _ in range(5):
            await patience.wait(asyncio.sleep(8))
            await asyncio.sleep(30)
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.sleep(11))
        patience.close()
        return now() - began

    assert clock.run(waiting()) == 5 * 38 + 10


def test_a_cut_ends_the_present_wait_only():
    async def waiting():
        patience = Patience(10, now() + 100)
        patience.cut_short()
        assert await patience.wait(asyncio.sleep(1, "done")) == "done"
        asyncio.get_running_loop().call_later(2, patience.cut_short)
        began = now()
        with pytest.raises(TimeoutError):
            await patience.wait(asyncio.sleep(5))
        assert now() - began == 2
        assert await patience.wait(asyncio.sleep(1, "done")) == "done"
        patience.close()

    clock.run(waiting())


def test_a_cancel_from_outside_stays_a_cancel():
    async def waiting():
        patience = Patience(10, now() + 100)
        try:
            await patience.wait(asyncio.sleep(5))
        finally:
            patience.close()

    async def cancelling():
        task = asyncio.create_task(waiting())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    clock.run(cancelling())


def test_many_waits_set_few_timers(monkeypatch):
    async def waiting():
        patience, loop = Patience(10, now() + 1_000), asyncio.get_running_loop()
        set_timers = []
        call_at = loop.call_at
        monkeypatch.setattr(
            loop, "call_at", lambda *given, **named: set_timers.append(given) or call_at(*given, **named)
        )
        for _ in range(1_000):
            await patience.wait(asyncio.sleep(0))
        patience.close()
        return len(set_timers)

    assert clock.run(waiting()) <= 2
