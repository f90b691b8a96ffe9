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
from chat.engine.errors import Refused
from chat.engine.events import Outcome
from chat.models import Conversation, Message, UsageRecord
from chat.models.conversation import PROVISIONAL_TITLE

pytestmark = pytest.mark.django_db
ME = "this-host:1:0"


def begin(user, text="Why is the sky blue?", *, key=None, after=None, **fields):
    """Begin a turn: in a new conversation, or after another turn."""
    place = {"conversation": after.conversation, "parent": after.turn} if after else {}
    place = {"conversation": None, "parent": None, **place, **fields}
    return turns.begin(user, key=key or uuid4(), text=text, **place)


def answered(user, text="Why is the sky blue?", **fields):
    """A turn with its answer."""
    begun = begin(user, text, **fields)
    turns.claim(begun.turn, ME)
    turns.end(turns.Snapshot(begun.turn, [{"type": "text", "text": f"Because: {text}"}]), Outcome.COMPLETE)
    return begun


def code_of(refusal):
    return refusal.value.code


def test_it_keeps_question_and_empty_answer_before_any_model_is_asked(alice):
    begun = begin(alice)
    question, answer = Message.objects.order_by("created_at")
    assert (question.pk, answer.pk, answer.parent) == (begun.question, begun.turn, question)
    assert question.content == [{"type": "text", "text": "Why is the sky blue?"}]
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
    with pytest.raises(Refused) as refusal:
        begin(alice, conversation=begun.conversation)
    assert code_of(refusal) == "busy"
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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a" * 100_001, "too_long"),
        ("a\x00b", "bad_text"),
        ("a\x1bb", "bad_text"),
        ("\ud83d", "bad_text"),
    ],
)
def test_it_refuses_text_that_cannot_be_sent(alice, text, code):
    with pytest.raises(Refused) as refusal:
        begin(alice, text)
    assert code_of(refusal) == code
    assert not Message.objects.exists()


def test_the_refusal_of_a_long_text_says_both_numbers(alice):
    with pytest.raises(Refused, match=r"100,001 characters; the limit is 100,000"):
        begin(alice, "a" * 100_001)


def test_it_takes_tabs_line_breaks_and_every_script(alice):
    text = "tab\there\r\nעברית العربية 👩‍👩‍👧‍👦 e\u0301"
    assert Message.objects.get(pk=begin(alice, text).question).text == text


@pytest.mark.parametrize("model", ["gpt-5", "claude-opus-4-5"])
def test_it_refuses_a_model_that_does_not_exist_or_is_disabled(alice, model):
    with pytest.raises(Refused) as refusal:
        begin(alice, model=model)
    assert code_of(refusal) == "unknown_model"
    assert not Conversation.objects.exists()


def test_it_refuses_a_parent_from_another_conversation(alice):
    first, other = answered(alice), answered(alice)
    with pytest.raises(Refused) as refusal:
        begin(alice, conversation=first.conversation, parent=other.turn)
    assert code_of(refusal) == "bad_parent"


def test_it_refuses_a_question_as_parent(alice):
    first = answered(alice)
    with pytest.raises(Refused) as refusal:
        begin(alice, conversation=first.conversation, parent=first.question)
    assert code_of(refusal) == "bad_parent"


def test_what_is_somebody_elses_is_as_if_missing(alice, bob):
    hers = answered(alice)
    refusals = []
    for attempt in (
        lambda: begin(bob, conversation=hers.conversation),
        lambda: turns.begin_again(bob, key=uuid4(), message=hers.turn),
        lambda: turns.request_stop(bob, hers.turn),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        refusals.append(code_of(refusal))
    assert refusals == ["not_found"] * 3


def test_open_turns_per_person_are_limited(alice, settings):
    settings.CHAT_MAX_OPEN_TURNS = 2
    begin(alice), begin(alice)
    with pytest.raises(Refused) as refusal:
        begin(alice)
    assert code_of(refusal) == "too_many_turns"
    assert refusal.value.retry_after > 0


def test_messages_per_minute_are_limited(alice, bob, settings):
    settings.CHAT_MESSAGES_PER_MINUTE = 2
    answered(alice), answered(alice)
    with pytest.raises(Refused) as refusal:
        begin(alice)
    assert code_of(refusal) == "too_fast"
    assert 0 < refusal.value.retry_after <= 60
    begin(bob)


def test_a_question_cannot_be_made_again(alice):
    second = begin(alice, "And then?", after=answered(alice))
    turns.end(turns.Snapshot(second.turn), Outcome.COMPLETE)
    with pytest.raises(Refused) as refusal:
        turns.begin_again(alice, key=uuid4(), message=second.question)
    assert code_of(refusal) == "not_found"


def test_a_save_locks_messages_before_records_as_the_end_does(alice):
    begun = begin(alice)
    turns.claim(begun.turn, ME)
    call = ledger.Call(ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", message_id=begun.turn).record)
    with CaptureQueriesContext(connection) as queries:
        turns.save(ME, [begun.turn], [turns.Snapshot(begun.turn, [{"type": "text", "text": "So far"}], call)])
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
    grown = turns.Snapshot(running, [{"type": "text", "text": "So far"}])
    assert turns.save(ME, [running, marked, gone], [grown]) == {marked, gone}
    kept = Message.objects.get(pk=running)
    assert kept.content == grown.content
    assert timezone.now() - kept.heartbeat < timedelta(minutes=1)


def test_a_late_save_does_not_touch_a_turn_that_is_over(alice):
    begun = answered(alice)
    assert turns.save(ME, [begun.turn], [turns.Snapshot(begun.turn, [{"type": "text", "text": "Old"}])]) == {begun.turn}
    assert Message.objects.get(pk=begun.turn).content != [{"type": "text", "text": "Old"}]


def test_the_end_is_written_once_with_its_usage_record(alice):
    begun = begin(alice)
    turns.claim(begun.turn, ME)
    record = ledger.open_call(user_id=alice.pk, model=begun.model, message_id=begun.turn).record
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    call = ledger.Call(record, model="claude-sonnet-5-5", usage=usage)
    snapshot = turns.Snapshot(begun.turn, [{"type": "text", "text": "Blue."}], call)
    assert turns.end(snapshot, Outcome.STOPPED, stop_reason="end_turn")
    assert not turns.end(turns.Snapshot(begun.turn), Outcome.INTERRUPTED)
    answer = Message.objects.get(pk=begun.turn)
    assert (answer.state, answer.text, answer.stop_reason) == ("stopped", "Blue.", "end_turn")
    kept = UsageRecord.objects.get()
    assert (kept.end, kept.cost) == ("stopped", Decimal("0.003"))


def test_a_stop_of_a_turn_that_is_over_is_refused(alice):
    begun = answered(alice)
    with pytest.raises(Refused) as refusal:
        turns.request_stop(alice, begun.turn)
    assert code_of(refusal) == "ended"


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
