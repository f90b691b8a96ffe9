"""People who ask, stop, delete, lose the network and come back, each with two pages, until told that it is over."""

import asyncio
import os
import random
import secrets
from contextlib import asynccontextmanager
from uuid import uuid4

from tests.faults.site import account
from tests.live.processes import directed

SEED = int(os.environ.get("SEED") or secrets.randbelow(10**6))  # of all that is left to chance
UPSTREAM_FAULTS = (
    {"fault": "reset", "at": 20},
    {"fault": "cut", "at": 20},
    {"fault": "end", "at": 20},
    {"fault": "error", "at": 20},
    {"fault": "close"},
    {"fault": "html"},
    {"fault": 400},
    {"fault": 529, "times": 1},
    {"fault": "reset", "at": 0, "times": 1},
)
FAULTY, STOPPED, DELETED, SAME_CONVERSATION = 0.2, 0.3, 0.1, 0.7


class Person:
    """Asks on one page; the other shows the same conversations.

    ``questions`` has all that were accepted, by turn; ``deleted`` those of them whose conversation was deleted.
    """

    def __init__(self, asking, watching, seed):
        self.pages = [asking, watching]
        self.questions = {}
        self.deleted = {}
        self.over = False
        self.random = random.Random(seed)

    @classmethod
    async def arrive(cls, site, seed):
        """Somebody new with two pages of a site."""
        user = await account(seed)
        return cls(await site.page(user), await site.page(user), seed)

    async def live(self):
        """Ask until it is over."""
        place = {}
        while not self.over:
            accepted = await self._ask(place)
            again = self.random.random() < SAME_CONVERSATION and accepted["turn"] not in self.deleted
            place = {"conversation": accepted["conversation"], "parent": accepted["turn"]} if again else {}

    async def _ask(self, place):
        asking, watching = self.pages
        question = self._question()
        accepted = await asking.ask(question, **place)
        turn = accepted["turn"]
        self.questions[turn] = question
        await watching.watch(accepted["conversation"])
        choice = self.random.random()
        if choice < STOPPED + DELETED:
            await asyncio.sleep(self.random.uniform(0, 1))
        if choice < STOPPED:
            await self.random.choice(self.pages).stop(turn)
        elif choice < STOPPED + DELETED:
            await self._delete(accepted["conversation"])
            return accepted
        await asking.ended(turn)
        return accepted

    async def _delete(self, conversation):
        asking, _ = self.pages
        await asking.delete(conversation)
        self.deleted |= {turn: said for turn, said in self.questions.items() if asking.turns[turn] == conversation}

    def _question(self):
        fault = self.random.choice(UPSTREAM_FAULTS) if self.random.random() < FAULTY else {}
        # The directive holds for the question alone; the word is found in what is asked for a title, too.
        return self.question(f"question-{uuid4().hex}", **fault)

    def question(self, word, **fault):
        """What is asked, with that word in it."""
        tokens, speed = self.random.randint(1, 100), self.random.randint(30, 100)
        return f"{word} " + directed(tokens=tokens, speed=speed, **fault)


@asynccontextmanager
async def living(people):
    """They live while this runs; then each sees the last answer to its end."""
    async with asyncio.TaskGroup() as lives:
        for person in people:
            lives.create_task(person.live())
        yield
        for person in people:
            person.over = True
