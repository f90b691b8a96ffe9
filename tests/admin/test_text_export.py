"""Exports of what was said: who gets them, for what reason, and what is on record before a word leaves."""

import json
from contextlib import aclosing
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.test import AsyncClient

from chat.exports import chats
from chat.models import Conversation, ReviewRecord, User
from tests.spending import conversation_of

URL = "/admin/chat/conversation/export/"
REASON = "Ticket 4711: she asks for a copy"
pytestmark = pytest.mark.django_db(transaction=True)


def staff(*permissions):
    """Somebody of the staff who may do this."""
    person = User.objects.create_user("clerk", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


async def asked(user, query=None, **fields):
    """The answer to the form."""
    client = AsyncClient()
    await client.aforce_login(user)
    return await client.post(f"{URL}?{urlencode(query or {})}", fields)


async def texts_of(user, query=None):
    response = await asked(user, query, reason=REASON)
    assert response.status_code == 200
    return [json.loads(line) for line in b"".join([piece async for piece in response]).splitlines()], response


@pytest.fixture
async def reviewer(transactional_db):
    return await sync_to_async(staff)("review_conversations")


async def test_each_conversation_is_a_line_with_all_that_was_said(reviewer, alice, bob):
    first = await sync_to_async(conversation_of)(alice, title="Tea", turns=2)
    await sync_to_async(conversation_of)(bob, title="Bricks")
    lines, response = await texts_of(reviewer, {"person": alice.pk})
    (line,) = lines
    assert line.items() >= {"id": str(first.pk), "owner": "alice", "title": "Tea", "cost_usd": "0.02"}.items()
    texts = [message["content"][0]["text"] for message in line["messages"]]
    assert texts == ["Question 0", "Answer 0", "Question 1", "Answer 1"]
    assert response.headers["Content-Disposition"].endswith('-1-rows.jsonl"')


async def test_each_that_is_anothers_is_on_record(reviewer, alice):
    hers = [await sync_to_async(conversation_of)(alice) for _ in range(3)]
    await sync_to_async(conversation_of)(reviewer)
    lines, _ = await texts_of(reviewer)
    assert len(lines) == 4
    records = [record async for record in ReviewRecord.objects.all()]
    assert {record.conversation_id for record in records} == {chat.pk for chat in hers}
    assert {(record.reader_id, record.how, record.reason) for record in records} == {(reviewer.pk, "export", REASON)}


async def test_it_is_on_record_before_a_word_leaves_and_only_what_may_have_left(reviewer, alice, monkeypatch):
    monkeypatch.setattr(chats, "TOGETHER", 2)
    for _ in range(6):
        await sync_to_async(conversation_of)(alice)
    response = await asked(reviewer, reason=REASON)
    assert await ReviewRecord.objects.acount() == 0
    async with aclosing(aiter(response)) as pieces:
        assert b"Question" not in await anext(pieces)
        assert await ReviewRecord.objects.acount() == 2
        read = b""
        while read.count(b"\n") < 3:
            read += await anext(pieces)
    assert await ReviewRecord.objects.acount() == 4


@pytest.mark.parametrize("reason", ["", "  ", "because", "x" * 501])
async def test_without_a_reason_nothing_leaves(reviewer, alice, reason):
    await sync_to_async(conversation_of)(alice)
    response = await asked(reviewer, reason=reason)
    assert response.status_code == 400
    assert 'id="reason-problem"' in response.content.decode()
    assert "Answer 0" not in response.content.decode()
    assert not await ReviewRecord.objects.aexists()


async def test_it_needs_the_permission_to_read(alice, bob):
    await sync_to_async(conversation_of)(alice)
    clerk = await sync_to_async(staff)("view_conversation", "delete_conversation", "view_usagerecord")
    assert (await asked(clerk, reason=REASON)).status_code == 403
    assert (await asked(bob, reason=REASON)).status_code == 302
    assert not await ReviewRecord.objects.aexists()


async def test_who_loses_the_permission_meanwhile_gets_no_more(reviewer, alice, monkeypatch):
    monkeypatch.setattr(chats, "TOGETHER", 1)
    for _ in range(3):
        await sync_to_async(conversation_of)(alice)
    response = await asked(reviewer, reason=REASON)
    pieces = aiter(response)
    await anext(pieces)
    monkeypatch.setattr("chat.reviews.may_review", lambda user: False)
    with pytest.raises(PermissionDenied):
        [piece async for piece in pieces]


async def test_filters_that_make_no_sense_are_refused(reviewer, alice):
    assert (await asked(reviewer, {"person": "x"}, reason=REASON)).status_code == 400


def test_the_page_says_how_many_they_are(client_of, alice, admin):
    conversation_of(alice)
    conversation_of(admin)
    page = client_of(admin).get(URL).content.decode()
    assert "2 conversations are chosen" in page
    assert "1 of them your own" in page
    listed = client_of(admin).get("/admin/chat/conversation/", {"person": alice.pk}).content.decode()
    assert f'href="{URL}?person={alice.pk}"' in listed
    assert "One conversation is chosen" in client_of(admin).get(URL, {"person": alice.pk}).content.decode()


def test_what_went_meanwhile_is_a_line_with_its_id_alone(alice):
    conversation_of(alice)
    keys = chats.Keys(Conversation.objects.all())
    lines = b"".join(chats.texts(keys, lambda portion: Conversation.objects.all().delete())).splitlines()
    assert [json.loads(line) for line in lines] == [{"id": str(next(keys.portions(1))[0]), "messages": []}]
