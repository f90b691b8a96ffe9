"""The bill of answers of which many are stopped, fail at the API, or lose their worker: `make chaos ANSWERS=200`."""

import asyncio
import os
import random

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
    async with living(people):
        kills = await _kill_until(site, lambda: sum(len(person.questions) for person in people) >= ANSWERS)
    await audit(people, site.upstream)
    billed = {call.id: call for call in site.upstream.ledger if call.path == "/v1/messages"}
    records = [each async for each in UsageRecord.objects.exclude(request_id="")]
    exact = [each for each in records if each.exactness == "exact"]
    estimated = [each for each in records if each.exactness == "estimated"]
    killed = [each for each in records if each.exactness == "lower_bound"]
    print(f"{kills} kills; {len(records)} calls: {len(exact)} exact, {len(estimated)} estimated, {len(killed)} killed")
    assert {each.end for each in killed} <= {"interrupted"}
    for record in exact:
        _is_exact(record, billed[record.request_id].usage)
    for record in estimated + killed:
        _is_close(record, billed[record.request_id].usage)
    assert sum(each.output_tokens for each in estimated) == pytest.approx(
        sum(billed[each.request_id].usage["output_tokens"] for each in estimated), rel=0.1
    )


def _is_exact(record, bill):
    assert on_record(record) == on_bill(bill), record.request_id


def _is_close(record, bill):
    # Where the stream never began, only how much the prompt was can be known, not what of it was cached.
    assert sum(on_record(record, PROMPT).values()) == sum(on_bill(bill, PROMPT).values()), record.request_id
    missing = SPEED * (UNSAVED if record.end == "interrupted" else ON_ITS_WAY)
    told = (record.request_id, record.end, record.error_code, record.message_id, record.seconds)
    assert record.output_tokens == pytest.approx(bill["output_tokens"], rel=0.1, abs=missing), told


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
