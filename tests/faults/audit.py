"""What must hold when the faults are over: of questions, answers, usage records, budgets and pages."""

import re
from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial

from asgiref.sync import sync_to_async
from django.utils import timezone

from chat.audit import problems
from chat.audit import settled as settled_calls
from chat.ledger import ABANDONED_AFTER
from chat.models import BudgetAccount, Message, UsageRecord
from tests.faults.site import until_none
from tests.live.processes import settled

QUESTION = re.compile(r"question-[0-9a-f]{32}")
SECONDS = 30
CLOSED_SECONDS = 5
FORESTALLED = ("open", "interrupted", "stopped")


async def audit(people, upstream):
    """Raise ``AssertionError`` where something is lost, double, open, or other than what the database has."""
    await until_none(Message.objects.open(), SECONDS)
    await settled(lambda: all(call.closed for call in upstream.ledger), SECONDS)
    await _records_closed()
    kept = {str(row.pk): row async for row in Message.objects.select_related("parent")}
    for person in people:
        _no_question_is_lost(person, kept)
        for page in person.pages:
            await page.until(partial(_saw_all_ends, person, page), "all ends", SECONDS)
            _page_shows_what_is_kept(page, kept)
    records = [each async for each in UsageRecord.objects.select_related("message__parent")]
    deleted = {QUESTION.search(said)[0] for person in people for said in person.deleted.values()}
    _every_call_has_one_record(upstream, records, deleted)
    await _nothing_is_held_back()


async def _records_closed():
    """Only that of a title or of a deleted answer may be left open, if its process was killed: for minutes."""
    await until_none(UsageRecord.objects.filter(end="open", purpose="answer", message__isnull=False), SECONDS)
    with suppress(TimeoutError):
        await until_none(UsageRecord.objects.filter(end="open"), CLOSED_SECONDS)


async def _nothing_is_held_back():
    """Once the calls of titles that nobody makes any more have had their time."""
    abandoned = UsageRecord.objects.filter(end="open")
    await abandoned.aupdate(started_at=timezone.now() - 2 * ABANDONED_AFTER)
    await until_none(abandoned, SECONDS)
    accounts = [each async for each in BudgetAccount.objects.select_related("budget")]
    assert accounts
    for each in accounts:
        assert (each.reserved, 0 < each.spent <= each.budget.amount) == (0, True)
    assert await sync_to_async(lambda: list(problems(settled_calls())))() == []


def _saw_all_ends(person, page):
    return page.turns.keys() <= page.ends.keys() | person.deleted.keys()


def _no_question_is_lost(person, kept):
    assert not person.deleted.keys() & kept.keys(), "what was deleted is there"
    for turn, question in person.questions.items() - person.deleted.items():
        assert turn in kept, f"the turn {turn} is lost"
        assert kept[turn].parent.text == question
        ours = kept[turn].error_code not in ("", "internal") or kept[turn].state != "failed"
        assert ours, f"the turn {turn} failed by a fault of ours: {kept[turn].error_code}"


def _page_shows_what_is_kept(page, kept):
    for turn, row in kept.items():
        if turn not in page.ends:
            continue
        ended = page.ends[turn]
        assert ended["state"] == row.state, f"{turn} is {row.state} and was told to be {ended['state']}"
        shown = page.text(turn)
        # Of an interrupted one more may have come than was kept; the page then reads it anew.
        same = shown.startswith(row.text) if row.state == "interrupted" else shown == row.text
        assert same, f"{turn} ({row.state}): {shown!r} instead of {row.text!r}"


def _every_call_has_one_record(upstream, records, deleted):
    calls = [call for call in upstream.ledger if call.path == "/v1/messages"]
    by_id = {call.id: call for call in calls}
    made, recorded = Counter(map(_subject, calls)), defaultdict(list)
    for record in records:
        recorded[_subject_of(record, by_id)].append(record)
    spare = len(recorded.pop(None, []))
    for subject in made.keys() | recorded.keys():
        if subject[0] in deleted:
            spare -= made[subject] - len(recorded[subject])
        else:
            _as_many_records_as_calls(subject, made[subject], recorded[subject])
    assert spare >= 0, "a call about what was deleted has no record"


def _subject_of(record, by_id):
    """What a record is about; ``None`` where that was deleted and the API's id never came. Takes its call from them."""
    call = None
    if record.request_id:
        call = by_id.pop(record.request_id, None)
        assert call, f"{record.request_id} has two records, or was never made"
        if record.end == "complete":
            assert record.output_tokens == call.usage["output_tokens"]
    if record.message:
        return QUESTION.search(record.message.parent.text)[0], record.purpose
    return call and _subject(call)


def _as_many_records_as_calls(subject, made, records):
    told = [(each.attempt, each.end, each.exactness, each.cost, each.request_id) for each in records]
    assert len({each.attempt for each in records}) == len(records), f"{subject}: an attempt has two records: {told}"
    # A record is opened before its call is made, and a kill or a stop may come between the two. Where it comes while
    # the request is on its way nobody can know whether that arrived, and the prompt is counted.
    forestalled = [each for each in records if not each.request_id and (each.end in FORESTALLED or not each.cost)]
    assert 0 <= len(records) - made <= len(forestalled), f"{subject}: {made} calls, but {told}"


def _subject(call):
    """The question that a call is about, and whether it is for its answer or its title."""
    last = call.body["messages"][-1]["content"][0]["text"]
    return QUESTION.search(last)[0], "title" if "<question>" in last else "answer"
