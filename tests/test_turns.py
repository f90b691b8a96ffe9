"""Turns: begun once, answered by one, ended once."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import ledger, turns
from chat.engine.events import Outcome
from chat.models import Conversation, Message, UsageRecord
from chat.models.conversation import PROVISIONAL_TITLE
from tests.asking import ME, answered, begin, refused, said

pytestmark = pytest.mark.django_db


def test_it_keeps_question_and_empty_answer_before_any_model_is_asked(alice):
    begun = begin(alice)
    question, answer = Message.objects.order_by("created_at")
    assert (question.pk, answer.pk, answer.parent) == (begun.question, begun.turn, question)
    assert question.content == [said("Why is the sky blue?")]
    assert (answer.state, answer.model, answer.text) == ("queued", "claude-sonnet-5-5", "")


def test_a_new_conversation_is_called_by_the_first_words(alice):
    begun = begin(alice, "Tell me\n about " + "the sea " * 40)
    assert begun.title.startswith("Tell me about the sea")
    assert len(begun.title) <= PROVISIONAL_TITLE
    assert begun.untitled


def test_a_message_brings_an_archived_conversation_back(alice):
    first = answered(alice)
    Conversation.objects.update(archived=True)
    begin(alice, "And then?", after=first)
    assert not Conversation.objects.get().archived


def test_the_same_key_gives_the_same_turn(alice):
    key = uuid4()
    first = begin(alice, key=key)
    again = begin(alice, key=key)
    assert (first.turn, first.new, again.turn, again.new) == (again.turn, True, first.turn, False)
    assert Message.objects.count() == 2


def test_the_same_key_of_two_people_makes_two_turns(alice, bob):
    key = uuid4()
    assert begin(alice, key=key).turn != begin(bob, key=key).turn


def test_a_conversation_has_one_open_turn(alice):
    begun = begin(alice)
    with refused("busy"):
        begin(alice, conversation=begun.conversation)
    assert Message.objects.count() == 2


def test_a_question_after_an_answer_continues_its_branch(alice):
    first = answered(alice)
    second = answered(alice, "And at night?", after=first)
    assert second.parent == first.turn
    assert not second.untitled


def test_an_edit_is_a_branch_beside_the_question(alice):
    first = answered(alice)
    edit = answered(alice, "Why is it red?", conversation=first.conversation)
    assert edit.parent is None
    assert Message.objects.filter(conversation=first.conversation, parent=None).count() == 2


def test_an_answer_made_again_stands_beside_the_first(alice):
    first = answered(alice)
    again = turns.begin_again(alice, key=uuid4(), message=first.turn, model="claude-opus-5-5")
    assert (again.question, again.regenerated, again.model) == (first.question, True, "claude-opus-5-5")
    assert Message.objects.get(pk=again.turn).parent_id == first.question


@pytest.mark.parametrize("model", ["gpt-5", "claude-opus-4-5"])
def test_it_refuses_a_model_that_does_not_exist_or_is_disabled(alice, model):
    with refused("unknown_model"):
        begin(alice, model=model)
    assert not Conversation.objects.exists()


def test_it_refuses_a_parent_from_another_conversation(alice):
    first, other = answered(alice), answered(alice)
    with refused("bad_parent"):
        begin(alice, conversation=first.conversation, parent=other.turn)


def test_it_refuses_a_question_as_parent(alice):
    first = answered(alice)
    with refused("bad_parent"):
        begin(alice, conversation=first.conversation, parent=first.question)


def test_what_is_somebody_elses_is_as_if_missing(alice, bob):
    hers = answered(alice)
    for attempt in (
        lambda: begin(bob, conversation=hers.conversation),
        lambda: turns.begin_again(bob, key=uuid4(), message=hers.turn),
        lambda: turns.request_stop(bob, hers.turn),
    ):
        with refused("not_found"):
            attempt()


def test_what_breaks_a_rule_leaves_nothing_behind(alice, settings):
    with refused("empty"):
        begin(alice, "")
    settings.CHAT_MESSAGES_PER_MINUTE = 1
    first = answered(alice)
    with refused("too_fast"):
        begin(alice)
    with refused("too_fast"):
        turns.begin_again(alice, key=uuid4(), message=first.turn)
    assert Message.objects.count() == 2


def test_a_question_cannot_be_made_again(alice):
    second = begin(alice, "And then?", after=answered(alice))
    turns.end(turns.Snapshot(second.turn), Outcome.COMPLETE)
    with refused("not_found"):
        turns.begin_again(alice, key=uuid4(), message=second.question)


def test_a_save_locks_messages_before_records_as_the_end_does(alice):
    begun = begin(alice)
    turns.claim(begun.turn, ME)
    call = ledger.Call(ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", message_id=begun.turn).record)
    with CaptureQueriesContext(connection) as queries:
        turns.save(ME, [begun.turn], [turns.Snapshot(begun.turn, [said("So far")], call)])
    updates = re.findall(r'UPDATE "(\w+)"', " ".join(query["sql"] for query in queries))
    assert updates == ["chat_message", "chat_message", "chat_usagerecord"]


def test_one_runner_claims_a_turn(alice):
    begun = begin(alice)
    assert turns.claim(begun.turn, "one")
    assert not turns.claim(begun.turn, "two")
    assert Message.objects.get(pk=begun.turn).runner == "one"


def test_who_begins_a_turn_as_its_runner_has_claimed_it(alice):
    begun = begin(alice, runner=ME)
    assert not turns.claim(begun.turn, "another")
    answer = Message.objects.get(pk=begun.turn)
    assert (answer.state, answer.runner) == ("streaming", ME)


def test_turns_that_nobody_has_claimed_for_a_while_are_found_the_oldest_first(alice, settings):
    claimed, first, second = (begin(alice).turn for _ in range(3))
    turns.claim(claimed, ME)
    Message.objects.filter(pk=second).update(created_at=timezone.now() - timedelta(seconds=5))
    assert turns.queued(0) == [second, first]
    assert turns.queued(2) == [second]


def test_a_turn_that_waits_for_a_runner_is_no_orphan(alice, settings):
    waiting, claimed = begin(alice).turn, begin(alice).turn
    turns.claim(claimed, ME)
    Message.objects.update(heartbeat=timezone.now() - timedelta(seconds=settings.CHAT_REAP_SECONDS + 1))
    turns.keep_waiting([waiting, claimed])
    assert [turn.pk for turn in turns.orphans(lambda _: False)] == [claimed]


def test_a_save_keeps_content_and_heartbeat_and_tells_what_to_stop(alice, bob):
    running, marked, gone = (begin(user).turn for user in (alice, bob, alice))
    for turn in (running, marked, gone):
        turns.claim(turn, ME)
    turns.request_stop(bob, marked)
    Message.objects.filter(pk=gone).delete()
    Message.objects.update(heartbeat=timezone.now() - timedelta(hours=1))
    grown = turns.Snapshot(running, [said("So far")])
    assert turns.save(ME, [running, marked, gone], [grown]) == {marked, gone}
    kept = Message.objects.get(pk=running)
    assert kept.content == grown.content
    assert timezone.now() - kept.heartbeat < timedelta(minutes=1)


def test_a_late_save_does_not_touch_a_turn_that_is_over(alice):
    begun = answered(alice)
    assert turns.save(ME, [begun.turn], [turns.Snapshot(begun.turn, [said("Old")])]) == {begun.turn}
    assert Message.objects.get(pk=begun.turn).content != [said("Old")]


def test_the_end_is_written_once_with_its_usage_record(alice):
    begun = begin(alice)
    turns.claim(begun.turn, ME)
    record = ledger.open_call(user_id=alice.pk, model=begun.model, message_id=begun.turn).record
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    call = ledger.Call(record, model="claude-sonnet-5-5", usage=usage)
    snapshot = turns.Snapshot(begun.turn, [said("Blue.")], call)
    assert turns.end(snapshot, Outcome.STOPPED, stop_reason="end_turn")
    assert not turns.end(turns.Snapshot(begun.turn), Outcome.INTERRUPTED)
    answer = Message.objects.get(pk=begun.turn)
    assert (answer.state, answer.text, answer.stop_reason) == ("stopped", "Blue.", "end_turn")
    kept = UsageRecord.objects.get()
    assert (kept.end, kept.cost) == ("stopped", Decimal("0.003"))


def test_a_stop_of_a_turn_that_is_over_is_refused(alice):
    begun = answered(alice)
    with refused("ended"):
        turns.request_stop(alice, begun.turn)


def test_a_turn_that_nobody_has_claimed_is_stopped_at_once(alice):
    begun = begin(alice)
    stopped = turns.request_stop(alice, begun.turn)
    assert (stopped.state, stopped.runner) == ("stopped", "")
    assert stopped.ended_at
    assert not turns.claim(begun.turn, ME)


def test_a_stop_is_for_the_runner_to_be_told(alice):
    begun = begin(alice, runner=ME)
    marked = turns.request_stop(alice, begun.turn)
    assert (marked.state, marked.runner, marked.stop_requested) == ("streaming", ME, True)


def test_orphans_are_turns_without_a_sign_of_life_or_with_a_dead_runner(alice, settings):
    silent, dead, alive = (begin(alice).turn for _ in range(3))
    Message.objects.filter(pk=silent).update(
        heartbeat=timezone.now() - timedelta(seconds=settings.CHAT_REAP_SECONDS + 1)
    )
    Message.objects.filter(pk=dead).update(runner="dead")
    assert {turn.pk for turn in turns.orphans(lambda runner: runner == "dead")} == {silent, dead}
    assert Message.objects.get(pk=alive).is_open


def test_deleting_conversation_or_person_leaves_the_usage_records(alice):
    begun = answered(alice)
    ledger.open_call(user_id=alice.pk, model=begun.model, message_id=begun.turn)
    Conversation.objects.all().delete()
    alice.delete()
    kept = UsageRecord.objects.get()
    assert (kept.message, kept.user) == (None, None)
