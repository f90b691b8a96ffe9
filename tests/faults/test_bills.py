"""The bill of answers of which many are stopped, fail at the API, or lose their worker: `make chaos ANSWERS=200`."""

import asyncio
import os
import random
from collections import defaultdict
from contextlib import asynccontextmanager

import pytest

from chat.models import Budget, UsageRecord
from tests.bills import PROMPT, on_bill, on_record
from tests.faults.audit import audit
from tests.faults.people import SEED, Person, living
from tests.live.processes import directed

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]

ANSWERS = int(os.environ.get("ANSWERS") or 40)
PEOPLE = 8
SPEED = 200  # tokens a second
ON_ITS_WAY = 0.25  # seconds of an answer that the API has sent and we have not read when it is stopped
UNSAVED = 1.5  # seconds of an answer that go with the worker that wrote it
PAUSE = 2.0  # seconds between two kills


class Asker(Person):
    """Asks for plain text of some length."""

    LENGTH = (500, 4000)  # characters

    def question(self, word, **fault):
        """Nothing but words, at one speed."""
        size = self.random.randint(*self.LENGTH)
        return f"{word} " + directed(generate="words", size=size, speed=SPEED, **fault)


async def test_every_call_is_on_record_once_and_costs_what_it_was_billed(site):
    print(f"make chaos ANSWERS={ANSWERS} SEED={SEED}")
    await Budget.objects.acreate(amount=1000)
    people = [await Asker.arrive(site, f"{SEED}:{number}") for number in range(PEOPLE)]
    async with lateness() as late, living(people):
        kills = await _kill_until(site, lambda: sum(len(person.questions) for person in people) >= ANSWERS)
    await audit(people, site.upstream)
    billed = {call.id: call for call in site.upstream.ledger if call.path == "/v1/messages"}
    records = defaultdict(list)
    async for record in UsageRecord.objects.exclude(request_id=""):
        records[record.exactness].append((record, billed[record.request_id].usage))
    print(f"{kills} kills, {late.longest:.2f} s late:", {exactness: len(those) for exactness, those in records.items()})
    for record, bill in records["exact"]:
        assert on_record(record) == on_bill(bill), record.request_id
    for record, bill in records["lower_bound"]:
        assert record.end == "interrupted"
        _is_close(record, bill, UNSAVED + late.longest)
    for record, bill in records["estimated"]:
        _is_close(record, bill, ON_ITS_WAY + late.longest)
    assert sum(record.output_tokens for record, _ in records["estimated"]) == pytest.approx(
        sum(bill["output_tokens"] for _, bill in records["estimated"]), rel=0.1, abs=PEOPLE * SPEED * late.longest
    )


def _is_close(record, bill, late):
    """Whether it is the bill but for a tenth, or for what the API writes in so many seconds."""
    # Where the stream never began, only how much the prompt was can be known, not what of it was cached.
    assert sum(on_record(record, PROMPT).values()) == sum(on_bill(bill, PROMPT).values()), record.request_id
    told = (record.request_id, record.end, record.error_code, record.message_id, record.seconds)
    assert record.output_tokens == pytest.approx(bill["output_tokens"], rel=0.1, abs=SPEED * late), told


class Lateness:
    """How long this loop, which is the API's, too, was kept from its work, in seconds: then it sends what was due."""

    longest = 0.0

    async def measure(self, pause=0.05):
        """Look at the clock again and again."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + pause
            await asyncio.sleep(pause)
            self.longest = max(self.longest, clock() - due)


@asynccontextmanager
async def lateness():
    """Measure while this runs."""
    late = Lateness()
    measuring = asyncio.create_task(late.measure())
    try:
        yield late
    finally:
        measuring.cancel()


async def _kill_until(site, over):
    """Kill a worker now and then, and start it again; gives how often."""
    chance, kills = random.Random(SEED), 0
    while not over():
        await asyncio.sleep(chance.uniform(0, 2 * PAUSE))
        worker = chance.choice(site.workers)
        await asyncio.to_thread(worker.kill)
        await asyncio.to_thread(worker.start)
        kills += 1
    return kills
