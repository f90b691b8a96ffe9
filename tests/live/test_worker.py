"""Workers: who answers what web processes have queued, and what becomes of it when nobody does."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from chat import turns
from chat.models import Message
from chat.simulator import answer_text
from tests.live.processes import Reader, begin, directed, kept, row, settled
from tests.servers import ROOT, database_url
from tests.tabs import Tab, session_of

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

LONG = directed(tokens=10_000, speed=100)


@pytest.fixture
async def web(processes, settings):
    """A web process that leaves answering to workers."""
    settings.CHAT_RUNNER = "worker"
    return await processes.start("web")


async def test_a_worker_answers_and_the_web_process_shows_it(alice, web, processes):
    await processes.start("worker", concurrency=10)
    question = directed(tokens=40, speed=100)
    turn = await begin(web, alice, question)
    async with Reader(web, alice, turn) as reader:
        assert (await reader.ends())["state"] == "complete"
    answer = await row(turn)
    assert reader.text == answer.text == answer_text(question)
    assert answer.runner == "worker:1:1"
    assert not web.turns


async def test_who_rings_is_sent_the_answer_without_asking(alice, web, processes, wire):
    await processes.start("worker", concurrency=10)
    async with Reader(web, alice, await begin(web, alice, LONG)) as reader:
        await reader.reads(300)
    assert "watch" not in wire.kinds()


async def test_what_is_sent_before_the_first_words_is_only_that_they_are_waited_for(alice, web, processes, wire):
    await processes.start("worker", concurrency=10)
    question = directed(text="Late.", first_delay=0.3)
    async with Reader(web, alice, await begin(web, alice, question)) as reader:
        await reader.ends()
    first, second, *_ = [fields["turns"] for kind, fields in wire.sent if kind == "pieces"]
    assert [status["state"] for _, status, _ in first.values()] == ["waiting"]
    assert [new[3][0][0] for new, _, _ in second.values()] == ["Late."]


async def test_who_watches_a_turn_that_nobody_has_claimed_sees_it_from_its_start(alice, web, processes):
    other = await processes.start("other")
    turn = await begin(web, alice, directed(tokens=40, speed=100))
    async with Reader(other, alice, turn) as reader:
        await processes.start("worker", concurrency=10)
        await reader.ends()
    assert reader.text == (await row(turn)).text


async def test_a_turn_whose_doorbell_was_lost_is_found(alice, web, processes, wire):
    await processes.start("worker", concurrency=10)
    wire.lose("start")
    async with Reader(web, alice, await begin(web, alice, directed(text="Found."))) as reader:
        assert (await reader.ends(seconds=5))["state"] == "complete"


async def test_one_of_two_workers_answers(alice, web, processes, monkeypatch):
    for name in ("first", "second"):
        await processes.start(name, concurrency=10)
    claim, claims = turns.claim, []
    monkeypatch.setattr(turns, "claim", lambda *arguments: claims.append(claim(*arguments)) or claims[-1])
    for _ in range(5):
        async with Reader(web, alice, await begin(web, alice, directed(text="Once."))) as reader:
            assert (await reader.ends())["state"] == "complete"
    await settled(lambda: len(claims) == 10)
    assert claims.count(True) == 5


async def test_a_busy_worker_keeps_those_that_wait_and_leaves_them_to_others(alice, web, processes, settings):
    busy = await processes.start("busy", concurrency=1)
    first = await begin(web, alice, LONG)
    await settled(lambda: first in busy.turns)
    second = await begin(web, alice, LONG)
    await Message.objects.filter(pk=second).aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    waiting = await kept(second, lambda answer: timezone.now() - answer.heartbeat < timedelta(minutes=1))
    assert (waiting.state, waiting.runner) == ("queued", "")
    idle = await processes.start("idle", concurrency=1)
    await settled(lambda: second in idle.turns)
    assert list(busy.turns) == [first]


async def test_a_turn_that_nobody_has_claimed_is_stopped_at_once(alice, web, processes):
    processes.serves(web)
    async with Tab(await sync_to_async(session_of)(alice)) as tab:
        accepted = await tab.ask("Hello")
        await tab.see("conversation", running=True)
        await tab.say("stop", turn=accepted["turn"])
        assert (await tab.see("ended", turn=accepted["turn"]))["state"] == "stopped"
        await tab.see("conversation", running=False)


async def test_a_worker_that_drains_claims_nothing_and_brings_to_an_end_what_it_has(alice, web, processes):
    old = await processes.start("old", concurrency=10)
    running = await begin(web, alice, directed(tokens=100, speed=50))
    async with Reader(web, alice, running) as reader:
        await reader.reads(1)
        closing = asyncio.create_task(old.close(drain=30))
        await settled(lambda: not old.accepting)
        waiting = await begin(web, alice, directed(text="Later."))
        assert (await reader.ends())["state"] == "complete"
        assert reader.text == (await row(running)).text
        await closing
        assert (await row(waiting)).state == "queued"
    await processes.start("new", concurrency=10)
    async with Reader(web, alice, waiting) as reader:
        assert (await reader.ends())["state"] == "complete"


async def test_a_turn_that_is_claimed_while_the_worker_closes_is_not_forgotten(alice, web, processes, monkeypatch):
    worker = await processes.start("worker", concurrency=10)
    claim, loop, claiming = turns.claim, asyncio.get_running_loop(), asyncio.Event()
    go_on = asyncio.Event()

    def held(*arguments):
        loop.call_soon_threadsafe(claiming.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return claim(*arguments)

    monkeypatch.setattr(turns, "claim", held)
    turn = await begin(web, alice, directed(text="Kept."))
    await claiming.wait()
    closing = asyncio.create_task(worker.close(drain=10))
    await settled(lambda: not worker.accepting)
    go_on.set()
    await closing
    assert (await row(turn)).state == "complete"


async def test_a_failure_to_claim_ends_nothing(alice, web, processes, monkeypatch):
    claim, failures = turns.claim, iter([OperationalError("away"), ValueError("odd")])

    def failing(*arguments):
        if failure := next(failures, None):
            raise failure
        return claim(*arguments)

    monkeypatch.setattr(turns, "claim", failing)
    await processes.start("worker", concurrency=10)
    async with Reader(web, alice, await begin(web, alice, directed(text="In the end."))) as reader:
        assert (await reader.ends())["state"] == "complete"


async def test_a_worker_shows_that_it_lives_while_the_database_answers(alice, web, processes, monkeypatch, tmp_path):
    queued, failures = turns.queued, iter([OperationalError("away")])
    looked = []

    def failing(older_than):
        looked.append(alive.exists())
        if failure := next(failures, None):
            raise failure
        return queued(older_than)

    monkeypatch.setattr(turns, "queued", failing)
    monkeypatch.setattr("chat.live.worker.SWEEP_SECONDS", 0.05)
    alive = tmp_path / "alive"
    await processes.start("worker", concurrency=10, alive=alive)
    await settled(lambda: len(looked) == 3)
    assert looked == [False, False, True]


async def test_a_question_that_no_worker_takes_is_given_up(alice, processes, settings, monkeypatch):
    settings.CHAT_RUNNER, settings.CHAT_REAP_SECONDS = "worker", 1
    monkeypatch.setattr("chat.live.reaper.SIGN_SECONDS", 0.1)
    web = await processes.start("web")
    async with Reader(web, alice, await begin(web, alice, "Hello")) as reader:
        assert (await reader.ends())["state"] == "interrupted"


async def command(between, upstream, *words):
    """Start one of our commands, as an administrator does."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": between.url,
        "CHAT_RUNNER": "worker",
        "ANTHROPIC_BASE_URL": upstream.url,
        "ANTHROPIC_API_KEY": "any",
        "ENV_FILE": os.devnull,
    }
    words, pipe = [sys.executable, "manage.py", *words], subprocess.PIPE
    return await asyncio.create_subprocess_exec(*words, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe)


async def test_the_command_works_until_it_is_told_to_stop(alice, web, between, upstream, tmp_path):
    alive = tmp_path / "alive"
    alive.write_text("Left by an earlier one.")
    process = await command(between, upstream, "worker", "--concurrency", "3", "--alive", alive)
    assert b"up to 3 answers at a time" in await process.stdout.readline()
    question = directed(tokens=60, speed=30)
    async with Reader(web, alice, await begin(web, alice, question)) as reader:
        await reader.reads(1)
        process.send_signal(signal.SIGTERM)
        assert (await reader.ends())["state"] == "complete"
    assert reader.text == answer_text(question)
    assert await process.communicate() == (b"", b"")
    assert process.returncode == 0
    assert alive.read_text() == ""


async def test_a_question_from_the_terminal_is_answered_and_stopped_by_a_worker(admin, processes, between, upstream):
    await processes.start("worker", concurrency=10)
    process = await command(between, upstream, "ask", LONG)
    assert await process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, summary = await process.communicate()
    assert "stopped · claude-sonnet-5-5" in summary.decode()


@pytest.mark.parametrize(
    ("url", "options", "sentence"),
    [
        ("", [], "set REDIS_URL"),
        ("redis://localhost", ["--concurrency", "0"], "at least 1"),
        ("redis://localhost", ["--alive", "/nowhere/alive"], "/nowhere/alive cannot be written"),
    ],
)
def test_what_a_worker_needs_is_said_in_a_sentence(settings, url, options, sentence):
    settings.REDIS_URL = url
    with pytest.raises(CommandError, match=sentence):
        call_command("worker", *options)
