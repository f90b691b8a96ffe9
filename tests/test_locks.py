"""Who writes to one conversation at the same time waits for the others, and none of them is turned away for it."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random
from uuid import uuid4

import pytest
from django.db import connections

from chat import conversations, holds, ledger, turns
from chat.engine.ceiling import Size
from chat.engine.errors import Refused
from chat.engine.events import Outcome
from chat.holds import Kept
from chat.models import Budget, BudgetAccount, Conversation, UsageRecord
from tests.spending import conversation_of

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 30
LATEST = 0.01  # seconds; about as long as each of them takes
ANSWER = [{"type": "text", "text": "Hi"}]
USAGE = {"input_tokens": 3, "output_tokens": 5}


class Answer:
    """An answer that is being written, with its call, and all that befalls it."""

    def __init__(self, person, number):
        fields = {"conversation": None, "parent": None, "text": "Hello", "runner": "here"}
        self.begun = turns.begin(person, key=uuid4(), size=Size(prompt=10, answer=100), **fields)
        (call,) = ledger.open_calls(self.begun.turn)
        call = ledger.Call(call.record, "claude-sonnet-5-5", f"req_{number}", USAGE)
        self.person, self.snapshot = person, turns.Snapshot(self.begun.turn, ANSWER, call)

    def save(self):
        """As its runner does."""
        for _ in range(3):
            turns.save("here", [self.begun.turn], [self.snapshot])

    def end(self):
        """As its runner does."""
        turns.end(self.snapshot, Outcome.COMPLETE)

    def stop(self):
        """As its person does."""
        with suppress(Refused):  # it may be over
            turns.request_stop(self.person, self.begun.turn)

    def delete(self):
        """As its person does, with all of its conversation."""
        conversations.delete(Conversation.objects.get(pk=self.begun.conversation))


def test_to_delete_a_chat_and_to_write_an_answer_in_it_do_not_lock_each_other_out(alice, settings):
    settings.CHAT_MESSAGES_PER_MINUTE = settings.CHAT_MAX_OPEN_TURNS = 1_000
    Budget.objects.create(amount=1000)
    chance = Random(1)
    with ThreadPoolExecutor(4) as threads:
        for number in range(ROUNDS):
            answer = Answer(alice, number)
            acts = [answer.save, answer.end, answer.stop, answer.delete]
            for done in [threads.submit(_later, chance.uniform(0, LATEST), act) for act in acts]:
                done.result()
    assert not Conversation.objects.exists()
    assert set(UsageRecord.objects.values_list("end", "message")) == {("complete", None)}
    assert BudgetAccount.objects.get().reserved == 0


def test_a_chat_that_is_held_while_it_is_being_deleted_is_either_held_or_gone(alice, admin):
    chance = Random(1)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            chat = conversation_of(alice)
            acts = [partial(holds.set_hold, admin, chat, "Case 4711"), partial(conversations.delete, chat)]
            done = [threads.submit(_later, chance.uniform(0, LATEST), act) for act in acts]
            held, deleted = (each.exception() for each in done)
            assert isinstance(held, Refused | None)
            assert isinstance(deleted, Kept | None)
            assert (held is None) == (deleted is not None) == Conversation.objects.filter(pk=chat.pk).exists()


def _later(seconds, act):
    time.sleep(seconds)
    try:
        act()
    finally:
        connections.close_all()
