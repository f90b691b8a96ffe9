"""The line: what it carries, and what it survives."""

import asyncio
from contextlib import suppress

import pytest
from channels_redis.pubsub import RedisPubSubLoopLayer

from chat.live.line import EVERYBODY, LAYER, Line, address_of, send
from tests.live.processes import settled

pytestmark = pytest.mark.redis


class End(Line):
    """A running end of the line that remembers what it hears."""

    def __init__(self, name):
        super().__init__(name)
        self.heard = asyncio.Queue()
        self.on("word", lambda message: self.heard.put_nowait(message["text"]))

    async def __aenter__(self):
        self._running = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_):
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def hears(self, seconds=10):
        async with asyncio.timeout(seconds):
            return await self.heard.get()

    async def connected(self, other):
        """Wait until this end hears the other."""
        while self.heard.empty():
            await other.send(self.address, "word", text="?")
            await asyncio.sleep(0.02)  # Redis drops what nobody hears yet, and tells nobody
        await asyncio.sleep(0.1)
        while not self.heard.empty():
            self.heard.get_nowait()


async def test_it_carries_to_one_to_a_group_and_to_everybody_but_the_sender(between):
    async with End("one") as one, End("two") as two, End("three") as three:
        three.join("group")
        for end in (two, three):
            await end.connected(one)
        await one.connected(two)
        assert await one.send(address_of("two"), "word", text="to two")
        assert await one.send("group", "word", text="to the group")
        assert await one.send(EVERYBODY, "word", text="to all")
        assert await two.send(EVERYBODY, "word", text="last")
        assert [await two.hears(), await two.hears()] == ["to two", "to all"]
        assert [await three.hears() for _ in range(3)] == ["to the group", "to all", "last"]
        assert await one.hears() == "last"


async def test_it_hears_after_a_long_silence(between):
    """redis-py 8 gives up on a socket that was silent for five seconds, unless it is asked not to."""
    async with End("one") as one, End("two") as two:
        await one.connected(two)
        await asyncio.sleep(6.5)
        assert await two.send(one.address, "word", text="Still there?")
        assert await one.hears() == "Still there?"


async def test_it_hears_again_after_a_restart_of_redis_and_says_so_twice(between, caplog):
    async with End("one") as one, End("two") as two:
        await one.connected(two)
        await asyncio.to_thread(between.kill)
        for _ in range(5):
            assert not await two.send(one.address, "word", text="lost")
        await asyncio.to_thread(between.start)
        await one.connected(two)
    told = [record.getMessage() for record in caplog.records if record.name == "chat.live.line"]
    assert len(told) == 2
    assert "Check REDIS_URL" in told[0]
    assert "that is over" in told[1]


async def test_it_joins_once_redis_is_there(between, caplog, monkeypatch):
    monkeypatch.setattr("chat.live.line.AGAIN_SECONDS", 0.05)
    await asyncio.to_thread(between.kill)
    async with End("one") as one, End("two") as two:
        await settled(lambda: "Nothing is heard" in caplog.text)
        await asyncio.to_thread(between.start)
        await one.connected(two)
    assert len([record for record in caplog.records if "Nothing is heard" in record.message]) <= 4


async def test_it_ends_even_if_the_layer_swallows_that_it_is_cancelled(between, monkeypatch):
    joining, group_add = asyncio.Event(), RedisPubSubLoopLayer.group_add

    async def swallowing(layer, group, channel):
        if not joining.is_set():
            joining.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        await group_add(layer, group, channel)

    monkeypatch.setattr(RedisPubSubLoopLayer, "group_add", swallowing)
    running = asyncio.create_task(Line("one").run())
    await joining.wait()
    running.cancel()
    await asyncio.wait_for(running, 10)


async def test_what_it_cannot_understand_is_logged_once_and_harms_nothing(between, caplog):
    async with End("one") as one, End("two") as two:
        one.on("odd", lambda message: message["missing"])
        await one.connected(two)
        for _ in range(3):
            await two.send(one.address, "odd")
            await two.send(one.address, "of a later version")
            await send(LAYER, one.address, {"no": "type"})
            await send(LAYER, one.address, ["no", "object"])
        await _publish(between, one.address, b"\xc1 no message at all")
        await two.send(one.address, "word", text="And on.")
        assert await one.hears() == "And on."
    told = [record.getMessage() for record in caplog.records if record.name == "chat.live.line"]
    assert len(told) == 3
    assert "Run the same version everywhere" in told[0]


async def _publish(redis, address, data):
    from redis.asyncio import Redis

    async with Redis.from_url(redis.url) as client:
        assert await client.publish(f"asgi__group__{address}", data) == 1


async def test_a_process_alone_talks_to_nobody(settings):
    assert not settings.REDIS_URL
    line = Line("alone")
    async with asyncio.timeout(5):
        await line.run()
    assert not await line.send(EVERYBODY, "word", text="?")


@pytest.mark.parametrize("name", ["web-1:12:345", "x" * 300, "host_with.dots:1:2", "ünï cöde:1:2"])
def test_the_address_of_any_name_is_one_that_the_layer_takes(name):
    from channels.layers import InMemoryChannelLayer

    assert InMemoryChannelLayer().require_valid_group_name(address_of(name))
    assert address_of(name) != address_of(name[:-1] + "!")
