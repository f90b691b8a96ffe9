"""People who ask, stop, lose the network and come back, each with two pages, until they are told that it is over."""

import asyncio
import random
from uuid import uuid4

from tests.live.processes import directed

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
FAULTY, STOPPED, SAME_CONVERSATION = 0.2, 0.3, 0.7


class Person:
    """Asks on one page; the other shows the same conversations. ``questions`` has all that were accepted, by turn."""

    def __init__(self, asking, watching, seed):
        self.pages = [asking, watching]
        self.questions = {}
        self.over = False
        self._random = random.Random(seed)

    async def live(self):
        """Ask until it is over."""
        place = {}
        while not self.over:
            accepted = await self._ask(place)
            again = self._random.random() < SAME_CONVERSATION
            place = {"conversation": accepted["conversation"], "parent": accepted["turn"]} if again else {}

    async def _ask(self, place):
        asking, watching = self.pages
        question = self._question()
        accepted = await asking.ask(question, **place)
        turn = accepted["turn"]
        self.questions[turn] = question
        await watching.watch(accepted["conversation"])
        if self._random.random() < STOPPED:
            await asyncio.sleep(self._random.uniform(0, 1))
            await self._random.choice(self.pages).stop(turn)
        await asking.ended(turn)
        return accepted

    def _question(self):
        fault = self._random.choice(UPSTREAM_FAULTS) if self._random.random() < FAULTY else {}
        tokens, speed = self._random.randint(1, 100), self._random.randint(30, 100)
        # The directive holds for the question alone; the word is found in what is asked for a title, too.
        return f"question-{uuid4().hex} " + directed(tokens=tokens, speed=speed, **fault)
