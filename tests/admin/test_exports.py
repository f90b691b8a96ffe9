"""Exports of the lists: what is on the screen, all of it, and nothing else."""

import csv
import io
import json
from contextlib import aclosing
from datetime import datetime
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from chat import holds
from chat.exports import chats, records, table
from chat.exports.download import drawn
from chat.exports.forms import FORMS
from chat.models import Conversation, UsageRecord
from chat.models.keys import Keys
from tests.spending import conversation_of, record_of

LIST = "/admin/chat/usagerecord/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exported(admin):
    """The file behind an address, whole, as an administrator or somebody else gets it."""

    async def read(url, query=None, *, user=admin, status=200):
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.get(f"{url}?{urlencode(query or {})}")
        assert response.status_code == status
        return response, b"".join([piece async for piece in response]).decode() if response.streaming else ""

    return read


def table_of(text):
    return list(csv.DictReader(io.StringIO(text)))


async def test_it_holds_what_the_filters_and_the_search_leave_in_the_order_of_the_screen(exported, alice, bob):
    def record():
        for day, person in enumerate((alice, bob, alice, alice)):
            record_of(person, cost=f"0.0{day + 1}", days_ago=day)
        record_of(alice, end="failed")

    await sync_to_async(record)()
    chosen = {"person": alice.pk, "end__exact": "complete", "q": "req_", "o": "7", "p": "1"}
    response, text = await exported(f"{LIST}export.csv", chosen)
    assert [row["cost_usd"] for row in table_of(text)] == ["0.01", "0.03", "0.04"]
    assert response.headers["Content-Disposition"].endswith('-3-rows.csv"')
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"


async def test_it_says_what_each_call_was(exported, alice):
    conversation = await sync_to_async(conversation_of)(alice)
    answer = await conversation.messages.aget(role="assistant")
    (row,) = table_of((await exported(f"{LIST}export.csv"))[1])
    (line,) = [json.loads(line) for line in (await exported(f"{LIST}export.jsonl"))[1].splitlines()]
    ids = {"conversation_id": str(conversation.pk), "message_id": str(answer.pk)}
    tokens = {"input_tokens": 100, "output_tokens": 50, "cache_read_tokens": 0}
    assert row.items() >= {**ids, "user": "alice", "user_id": str(alice.pk), "billed": "true"}.items()
    assert row.items() >= {name: str(count) for name, count in tokens.items()}.items()
    assert line.items() >= {**ids, **tokens, "billed": True, "error_code": ""}.items()
    assert line["price"]["web_search"] == "10"
    record = await UsageRecord.objects.aget()
    for read in (row, line):
        assert datetime.fromisoformat(read["started_at"]) == record.started_at
        assert read["started_at"].endswith("Z")


async def test_it_says_what_an_estimate_rests_on(exported, alice):
    await sync_to_async(record_of)(alice, exactness="lower_bound", estimated_by="saved_text_counted")
    (row,) = table_of((await exported(f"{LIST}export.csv"))[1])
    (line,) = [json.loads(line) for line in (await exported(f"{LIST}export.jsonl"))[1].splitlines()]
    assert row["exactness"] == line["exactness"] == "lower_bound"
    assert row["estimated_by"] == line["estimated_by"] == "saved_text_counted"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝"])
async def test_no_text_of_it_is_a_formula(exported, alice, start):
    await sync_to_async(record_of)(alice, error_code=f'{start}HYPERLINK("x")')
    (row,) = table_of((await exported(f"{LIST}export.csv"))[1])
    assert row["error_code"] == f'\'{start}HYPERLINK("x")'
    (line,) = (await exported(f"{LIST}export.jsonl"))[1].splitlines()
    assert json.loads(line)["error_code"] == f'{start}HYPERLINK("x")'


@pytest.mark.parametrize("text", ["naïve — 日本語 🙂", 'a "quoted", text', "two\r\nlines", "\u202eturned"])
async def test_any_text_comes_back_as_it_is(exported, alice, text):
    await sync_to_async(record_of)(alice, error_code=text)
    (row,) = table_of((await exported(f"{LIST}export.csv"))[1])
    (line,) = (await exported(f"{LIST}export.jsonl"))[1].split("\n")[:-1]
    assert row["error_code"] == json.loads(line)["error_code"] == text


async def test_an_export_of_nothing_has_its_columns(exported):
    response, text = await exported(f"{LIST}export.csv")
    assert text.startswith("id,started_at,ended_at,user_id,user,")
    assert "-0-rows.csv" in response.headers["Content-Disposition"]


async def test_filters_that_make_no_sense_are_refused_and_export_nothing(exported, alice):
    await sync_to_async(record_of)(alice)
    for query in ({"person": "x"}, {"started_at_since": "yesterday"}, {"nonsense": "1"}):
        response, _ = await exported(f"{LIST}export.csv", query, status=400)
        assert "choose them again" in response.content.decode()


async def test_it_needs_the_permission_to_see_the_list(exported, alice, bob):
    alice.is_staff = True
    await alice.asave()
    await exported(f"{LIST}export.csv", user=alice, status=403)
    await exported(f"{LIST}export.csv", user=bob, status=302)
    await exported(f"{LIST}export.xlsx", status=404)


async def test_the_list_leads_to_its_export_with_its_filters(office, alice):
    await sync_to_async(record_of)(alice)
    page = await sync_to_async(office.get)(LIST, {"person": alice.pk})
    assert f'href="export.csv?person={alice.pk}"' in page.content.decode()


async def test_who_stops_reading_makes_it_stop(alice, monkeypatch):
    monkeypatch.setattr(table, "PORTION", 1)
    await sync_to_async(lambda: [record_of(alice) for _ in range(10)])()
    keys = await sync_to_async(Keys)(UsageRecord.objects.all())
    pieces = records.table(FORMS["csv"]).pieces(keys, FORMS["csv"])
    async with aclosing(drawn(pieces)) as read:
        assert (await anext(read)).startswith(b"id,")
        await anext(read)
    assert len(await sync_to_async(list)(pieces)) == 10 - 1


async def test_between_two_pieces_no_connection_is_busy(alice, monkeypatch, nobody_connected):
    monkeypatch.setattr(table, "PORTION", 1)
    await sync_to_async(lambda: [record_of(alice) for _ in range(3)])()
    keys = await sync_to_async(Keys)(UsageRecord.objects.all())
    async with aclosing(drawn(records.table(FORMS["csv"]).pieces(keys, FORMS["csv"]))) as read:
        await anext(read), await anext(read)
        # Whoever changes tables waits for everybody who is in a transaction.
        await sync_to_async(UsageRecord.objects.all().delete)()
        rest = b"".join([piece async for piece in read]).decode().splitlines()
    assert [line.strip(",") for line in rest] == [str(key) for key in next(keys.portions(3))[1:]]


async def test_an_error_in_the_middle_comes_out_of_it(alice, monkeypatch):
    await sync_to_async(record_of)(alice)
    keys = await sync_to_async(Keys)(UsageRecord.objects.all())
    broken = table.Table(["id"], lambda keys: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        [piece async for piece in drawn(broken.pieces(keys, FORMS["jsonl"]))]


@pytest.mark.parametrize("rows", [3, 40])
async def test_a_portion_is_one_query(alice, rows):
    await sync_to_async(lambda: [record_of(alice) for _ in range(rows)])()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            list(records.table(FORMS["csv"]).pieces(Keys(UsageRecord.objects.all()), FORMS["csv"]))
        return len(captured)

    assert await sync_to_async(queries)() == 2


async def test_conversations_are_exported_as_figures_without_a_word_of_them(exported, alice, bob, admin):
    def made():
        held = conversation_of(alice, turns=2, title="Secret title", system_prompt="Secret prompt")
        holds.set_hold(admin, held, "Case 4711")
        conversation_of(bob, title="Secret too")
        return held

    held = await sync_to_async(made)()
    for suffix in ("csv", "jsonl"):
        _, text = await exported(f"/admin/chat/conversation/export.{suffix}")
        assert "ecret" not in text
        assert "Question" not in text
    (line,) = (await exported("/admin/chat/conversation/export.jsonl", {"person": alice.pk}))[1].splitlines()
    figures = {
        "id": str(held.pk),
        "owner": "alice",
        "on_legal_hold": True,
        "messages": 4,
        "calls": 2,
        "cost_usd": "0.02",
    }
    assert json.loads(line).items() >= {**figures, "prompt_tokens": 200, "output_tokens": 100}.items()


async def test_conversations_by_model_are_those_of_the_list_and_say_which_models_were_called(exported, alice):
    def made():
        conversation_of(alice, title="other")
        sought = conversation_of(alice)
        record_of(alice, message=sought.messages.last(), model_answered="claude-opus-5-5-20261001")
        Conversation.objects.update(model="claude-haiku-5-5")
        return str(sought.pk)

    sought = await sync_to_async(made)()
    chosen = {"language_model": "claude-opus-5-5"}
    (row,) = table_of((await exported("/admin/chat/conversation/export.csv", chosen))[1])
    (line,) = (await exported("/admin/chat/conversation/export.jsonl", chosen))[1].splitlines()
    for told in (row, json.loads(line)):
        assert (told["id"], told["model"]) == (sought, "claude-haiku-5-5")
        assert told["called_models"] == "claude-opus-5-5 claude-sonnet-5-5"


async def test_a_conversation_that_goes_meanwhile_leaves_a_row_with_its_id(alice):
    def made():
        keys = Keys(Conversation.objects.all())
        pieces = chats.figures().pieces(keys, FORMS["csv"])
        Conversation.objects.all().delete()
        return [str(key) for key in next(keys.portions(9))], table_of(b"".join(pieces).decode())

    await sync_to_async(lambda: [conversation_of(alice) for _ in range(3)])()
    keys, rows = await sync_to_async(made)()
    assert [row["id"] for row in rows] == keys
    assert not any(row["messages"] for row in rows)
