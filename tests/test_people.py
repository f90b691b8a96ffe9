"""The end of an account: answers are stopped and settled, texts go, and every cent stays where it was."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.utils import timezone

from chat import audit, holds, people, reports
from chat.engine.ceiling import Size
from chat.engine.errors import Refused
from chat.holds import Kept
from chat.live.reaper import reap
from chat.models import Budget, BudgetAccount, Conversation, Message, ReviewRecord, UsageRecord, User
from chat.providers import get_provider
from tests.asking import begin
from tests.live.processes import directed
from tests.spending import conversation_of, record_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def group_budget(alice):
    """A hard budget of a group that Alice is in."""
    group = Group.objects.create(name="Wonderland")
    group.user_set.add(alice)
    return Budget.objects.create(group=group, amount=5)


def test_what_people_spent_adds_up_as_before(alice, bob):
    for person, cost in ((alice, "1"), (alice, "2"), (bob, "4")):
        conversation_of(person)
        record_of(person, cost=cost)
    before = reports.totals_by(UsageRecord.objects.all(), "user")
    for person in (alice, bob):
        people.delete(person)
    assert reports.totals_by(UsageRecord.objects.all(), "user") == before
    assert not list(audit.problems(audit.settled()))
    assert not Conversation.objects.exists()


def test_nothing_tells_who_it_was(alice, bob):
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Liddell", email="a@example.org")
    before = {field.name for field in User._meta.fields if getattr(User.objects.get(pk=alice.pk), field.name)}
    people.delete(User.objects.get(pk=alice.pk))
    people.delete(bob)
    marks = list(User.objects.values_list("username", flat=True))
    assert len(set(marks)) == 2
    assert all(mark.startswith("deleted-") for mark in marks)
    gone = User.objects.get(pk=alice.pk)
    kept = {field.name for field in User._meta.fields if getattr(gone, field.name)}
    assert before - kept >= {"first_name", "last_name", "email", "is_active"}
    assert kept == {"id", "password", "username", "date_joined", "deleted_at"}
    assert not gone.has_usable_password()


def test_the_name_is_free_and_the_session_over(alice, client_of):
    browser = client_of(alice)
    people.delete(alice)
    assert browser.get("/").status_code == 302
    assert User.objects.create_user("alice").pk != alice.pk


def test_who_read_it_stays_on_record(alice, admin):
    chat = conversation_of(alice)
    fields = {"reader": admin, "reader_name": "admin", "owner": alice, "owner_name": "alice", "at": timezone.now()}
    ReviewRecord.objects.create(conversation=chat, reason="Ticket 12", **fields)
    people.delete(alice)
    assert (ReviewRecord.objects.get().owner, ReviewRecord.objects.get().owner_name) == (alice, "alice")


def test_a_conversation_on_legal_hold_keeps_the_account(alice, admin):
    conversation_of(alice)
    holds.set_hold(admin, conversation_of(alice), "Case 4711")
    with pytest.raises(Kept, match="alice has a conversation on legal hold"):
        people.delete(alice)
    assert User.objects.get(pk=alice.pk).is_active
    assert Conversation.objects.of(alice).count() == 2


def test_the_last_superuser_stays(admin, alice):
    with pytest.raises(Kept, match="another superuser"):
        people.delete(admin)
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    people.delete(admin)


async def test_an_answer_is_stopped_and_settled_first(alice, group_budget, upstream, tab_of):
    async with await tab_of(alice) as tab:
        turn = (await tab.ask(directed(tokens=5000, speed=50)))["turn"]
        await tab.read(turn, 50)
        assert (await BudgetAccount.objects.aget()).reserved > 0
        await sync_to_async(people.delete)(alice)
        async with asyncio.timeout(10):
            # Its title may still be made.
            while await UsageRecord.objects.filter(end="open").aexists():  # noqa: ASYNC110 - a database has no event
                await asyncio.sleep(0.02)
    record = await UsageRecord.objects.aget(purpose="answer")
    account = await BudgetAccount.objects.aget()
    spent = await sync_to_async(reports.totals)(UsageRecord.objects.all())
    assert (record.end, record.exactness, record.user_id) == ("stopped", "estimated", alice.pk)
    assert record.output_tokens >= 10
    assert (account.reserved, account.spent) == (0, spent.cost)
    assert not await Message.objects.aexists()


async def test_one_whose_process_is_gone_is_waited_for_until_it_is_reaped(alice, group_budget, upstream, monkeypatch):
    monkeypatch.setattr(people, "STOP_SECONDS", 0.2)
    await sync_to_async(begin)(alice, runner="gone:1:1", size=Size(50, 1000))
    with pytest.raises(Kept, match="still being written"):
        await sync_to_async(people.delete)(alice)
    assert await Message.objects.acount() == 2
    await Message.objects.aupdate(heartbeat=timezone.now() - timedelta(hours=1))
    await reap(await get_provider())
    await sync_to_async(people.delete)(alice)
    assert not await Message.objects.aexists()
    assert (await BudgetAccount.objects.aget()).reserved == 0
    assert (await UsageRecord.objects.aget()).end == "interrupted"


def test_a_question_that_nobody_has_taken_is_over_at_once(alice, group_budget):
    begin(alice, size=Size(50, 1000))
    people.delete(alice)
    assert (UsageRecord.objects.get().end, BudgetAccount.objects.get().reserved) == ("stopped", 0)


def test_from_then_on_nothing_begins(alice):
    people.delete(alice)
    with pytest.raises(Refused, match="closed"):
        begin(alice)
    assert not Message.objects.exists()


def test_ones_own_budget_goes_and_that_of_others_stays(alice, bob, group_budget):
    for person in (alice, bob):
        Budget.objects.create(user=person, amount=1)
    people.delete(alice)
    assert [each.user or each.group for each in Budget.objects.all()] == [group_budget.group, bob]
