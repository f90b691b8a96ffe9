"""A server process from outside: killed in mid-answer, told to end, started again."""

import asyncio
import json
import os
import subprocess
import sys

import pytest
from asgiref.sync import sync_to_async

from chat.live.process import is_gone, own_name
from chat.models import Message, UsageRecord
from chat.simulator import answer_text
from tests.servers import Server
from tests.tabs import RemoteTab, session_of

STEADY = f"[[sim {json.dumps({'tokens': 400, 'speed': 100})}]]"


@pytest.fixture
async def server(transactional_db, upstream):
    server = Server(upstream.url)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


async def tab_of(user, server):
    return RemoteTab(server.url, await sync_to_async(session_of)(user))


async def until(condition):
    """Wait until an async condition holds."""
    async with asyncio.timeout(15):
        while not await condition():  # noqa: ASYNC110 - a database has no event to wait for
            await asyncio.sleep(0.05)


async def test_a_kill_in_mid_answer_loses_at_most_a_second_and_the_next_message_works(alice, server, upstream):
    async with await tab_of(alice, server) as tab:
        accepted = await tab.ask(STEADY)
        turn = accepted["turn"]
        await tab.see("delta", turn=turn)
        await asyncio.sleep(2.2)
        seen = tab.text(turn)
        server.kill()
        await tab.closed()
    await asyncio.to_thread(server.start)

    async def interrupted():
        return (await Message.objects.aget(pk=turn)).state == "interrupted"

    await until(interrupted)
    answer = await Message.objects.aget(pk=turn)
    record = await UsageRecord.objects.aget(message=turn)
    assert seen.startswith(answer.text)
    pieces_lost = (len(seen) - len(answer.text)) / (len(seen) / 2.2)
    assert pieces_lost <= 1.2, "more than a second of text is missing"
    assert (record.end, record.exactness) == ("interrupted", "lower_bound")
    assert record.input_tokens > 0
    assert record.output_tokens > 0
    assert record.cost > 0
    async with await tab_of(alice, server) as tab:
        again = await tab.ask("Go on", conversation=accepted["conversation"], parent=turn)
        await tab.see("ended", turn=again["turn"], state="complete")
    asked = upstream.ledger.find(contains="Go on")[0].body["messages"]
    assert [message["content"][0]["text"] for message in asked] == [STEADY, answer.text, "Go on"]


async def test_a_server_told_to_end_lets_its_answers_finish(alice, server, upstream):
    async with await tab_of(alice, server) as tab:
        accepted = await tab.ask(STEADY)
        await tab.see("delta", turn=accepted["turn"])
        await asyncio.to_thread(server.stop)
    answer = await Message.objects.aget(pk=accepted["turn"])
    assert (answer.state, answer.text) == ("complete", answer_text(STEADY))


def test_a_process_that_lives_is_not_gone():
    assert not is_gone(own_name())


def test_a_process_that_ended_is_gone():
    script = "from chat.live.process import own_name; print(own_name())"
    name = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(name)


def test_a_later_process_with_the_same_pid_is_another():
    host, pid, started = own_name().split(":")
    assert pid == str(os.getpid())
    assert is_gone(f"{host}:{pid}:{int(started) - 1}")


@pytest.mark.parametrize("name", ["elsewhere:1:0", "", "nonsense"])
def test_of_other_machines_nothing_is_claimed(name):
    assert not is_gone(name)
