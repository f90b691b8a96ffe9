"""Random faults: `make chaos FAULTS=500 SEED=7` plays more of them, in rounds, each with an audit at its end."""

import os

import pytest

from chat.models import Budget
from tests.faults.audit import audit
from tests.faults.chaos import Chaos
from tests.faults.people import SEED, Person, living

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]

FAULTS = int(os.environ.get("FAULTS") or 15)
ROUND = 25
PEOPLE = 4


@pytest.mark.parametrize("first", range(0, FAULTS, ROUND))
async def test_nothing_is_lost_left_open_or_shown_otherwise_than_it_is_kept(site, first):
    print(f"make chaos FAULTS={FAULTS} SEED={SEED}: faults from {first} on")
    await site.have(webs=3, workers=3)
    await Budget.objects.acreate(amount=1000)
    people = [await Person.arrive(site, f"{SEED}:{first}:{number}") for number in range(PEOPLE)]
    chaos = Chaos(site, [page for person in people for page in person.pages], f"{SEED}:{first}")
    async with living(people):
        await chaos.play(min(ROUND, FAULTS - first))
    print(f"{len(chaos.played)} faults, {sum(len(person.questions) for person in people)} questions: {chaos.played}")
    await audit(people, site.upstream)
