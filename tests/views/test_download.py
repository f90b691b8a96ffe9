"""Everything that is one's own, in one file, and nothing of anybody else's."""

import json
from datetime import datetime
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from chat import reports, reviews
from chat.exports import chats, person
from chat.models import Budget, Conversation, UsageRecord
from tests.spending import conversation_of, message_in, record_of, turn_in

pytestmark = pytest.mark.django_db(transaction=True)


async def downloaded(user):
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.get("/accounts/data/")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="chat-')
    assert response.headers["Cache-Control"] == "no-store"
    return json.loads(b"".join([piece async for piece in response]))


async def test_all_conversations_are_in_it_with_all_their_branches(alice, bob):
    def made():
        chat = conversation_of(alice, title="Sky 🙂", system_prompt="Be brief.", archived=True)
        question = chat.messages.get(role="user")
        turn_in(chat, None, "Another question", "Another answer")
        message_in(chat, question, "assistant", "A second answer", state="stopped", model="claude-opus-5-5")
        conversation_of(bob, title="Not hers")
        conversation_of(alice, title="Empty", turns=0)
        return chat, question

    chat, question = await sync_to_async(made)()
    first, empty = (await downloaded(alice))["conversations"]
    about = {"id": str(chat.pk), "title": "Sky 🙂", "system_prompt": "Be brief.", "archived": True, "owner": "alice"}
    assert first.items() >= {**about, "calls": 2, "cost_usd": "0.02", "exactness": "exact"}.items()
    texts = {message["content"][0]["text"]: message for message in first["messages"]}
    assert list(texts) == ["Question 0", "Answer 0", "Another question", "Another answer", "A second answer"]
    assert texts["A second answer"]["parent"] == texts["Answer 0"]["parent"] == str(question.pk)
    assert (texts["A second answer"]["state"], texts["Another question"]["parent"]) == ("stopped", None)
    assert datetime.fromisoformat(first["created_at"]) == chat.created_at
    assert (empty["title"], empty["messages"]) == ("Empty", [])


async def test_what_it_cost_is_in_it_to_the_last_digit(alice, bob):
    def made():
        for number in range(3):
            record_of(alice, cost=f"0.00000000000{number + 1}")
        record_of(bob)
        record_of(alice, cost=None)
        Budget.objects.create(user=alice, amount=5)
        return reports.totals(UsageRecord.objects.filter(user=alice)).cost

    cost = await sync_to_async(made)()
    data = await downloaded(alice)
    costs = [record["cost_usd"] for record in data["usage_records"]]
    assert sum(Decimal(each) for each in costs if each) == cost == Decimal("0.000000000006")
    assert costs[-1] is None
    assert data["spending"]["today_usd"] == "0.000000000006"
    assert data["spending"]["budgets"][0]["amount"] == "5"


async def test_who_one_is_is_in_it_and_no_password(alice):
    def made():
        Group.objects.create(name="Wonderland").user_set.add(alice)

    await sync_to_async(made)()
    data = await downloaded(alice)
    assert data["account"].items() >= {"username": "alice", "id": alice.pk, "email": ""}.items()
    assert (data["groups"], data["format"]) == (["Wonderland"], 1)
    assert alice.password not in json.dumps(data)


async def test_who_read_ones_chats_is_in_it_where_the_site_tells_its_people(alice, bob, admin, settings):
    def made():
        sky, gone = conversation_of(alice, title="Sky"), conversation_of(alice, title="Gone")
        reviews.record_reading(admin, sky, "Ticket 4711: a complaint")
        reviews.record_export(admin, Conversation.objects.all(), "A yearly audit")
        reviews.record_reading(admin, conversation_of(bob), "Another's complaint")
        key = gone.pk
        gone.delete()
        return sky.pk, key

    sky, gone = await sync_to_async(made)()
    assert "readings" not in await downloaded(alice)
    settings.CHAT_REVIEW_VISIBLE_TO_OWNER = True
    first, *others = (await downloaded(alice))["readings"]
    assert datetime.fromisoformat(first.pop("at")) <= datetime.fromisoformat(others[0]["at"])
    reading = {"conversation_id": str(sky), "reader": "admin", "reason": "Ticket 4711: a complaint", "how": "page"}
    assert first == reading
    assert {each["conversation_id"] for each in others} == {str(sky), str(gone)}
    assert {(each["how"], each["reason"]) for each in others} == {("export", "A yearly audit")}
    assert [each["reader"] for each in (await downloaded(bob))["readings"]] == ["admin"]


async def test_one_who_has_nothing_gets_a_file_all_the_same(alice):
    data = await downloaded(alice)
    assert (data["conversations"], data["usage_records"]) == ([], [])


async def test_half_a_character_does_not_break_it(alice):
    def made():
        chat = conversation_of(alice, turns=0)
        message_in(chat, None, "user", "x", content=[{"type": "text", "text": "half \ud83d of one"}])

    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL keeps none.")
    await sync_to_async(made)()
    (chat,) = (await downloaded(alice))["conversations"]
    assert chat["messages"][0]["content"][0]["text"] == "half \ud83d of one"


def test_it_is_for_who_is_logged_in(client):
    assert client.get("/accounts/data/").headers["Location"].startswith("/accounts/login/")


def test_the_menu_leads_to_it(client_of, alice):
    assert 'href="/accounts/data/"' in client_of(alice).get("/").content.decode()


def test_queries_do_not_grow_with_the_rows_of_a_portion(alice):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            list(person.pieces(alice))
        return len(captured)

    conversation_of(alice, turns=1)
    few = queries()
    turn_in(alice.conversations.get(), None, "More", "And more")
    record_of(alice)
    assert queries() == few


def test_a_long_conversation_comes_in_pieces(alice, monkeypatch):
    monkeypatch.setattr(chats, "TOGETHER", 2)
    conversation_of(alice, turns=5)
    pieces = list(person.pieces(alice))
    assert max(piece.count(b'"content"') for piece in pieces) == 1
    assert len(json.loads(b"".join(pieces))["conversations"][0]["messages"]) == 10
