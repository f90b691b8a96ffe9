"""The ledger: every call leaves one record, closed once, priced to the last digit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from chat import conversations, ledger
from chat.engine.ceiling import Size
from chat.models import Budget, Conversation, LanguageModel, Price, UsageRecord
from tests.asking import begin, refused

pytestmark = pytest.mark.django_db
RATES = {"input": 2, "output": 10, "cache_write_5m": 2, "cache_write_1h": 4, "cache_read": 1}


def closed(user, usage, *, model="claude-sonnet-5-5", answered="", end="complete", size=None, **known):
    """The record of a call that was opened and closed."""
    record = ledger.open_call(user_id=user.pk, model=model, size=size).record
    assert ledger.close_call(ledger.Call(record, model=answered or model, usage=usage, **known), end)
    return UsageRecord.objects.get(pk=record)


def test_a_record_is_open_before_the_call_is_made(alice):
    record = UsageRecord.objects.get(pk=ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", attempt=2).record)
    assert (record.end, record.attempt, record.cost, record.user) == ("open", 2, None, alice)


def test_it_prices_each_class_of_tokens(alice):
    record = closed(
        alice,
        {
            "input_tokens": 1_000,
            "output_tokens": 200,
            "cache_creation_input_tokens": 300,
            "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
            "cache_read_input_tokens": 4_000,
            "server_tool_use": {"web_search_requests": 3},
        },
    )
    # 1,000 x 2 + 200 x 10 + 100 x 2.50 + 200 x 4 + 4,000 x 0.10 per million, and 3 searches at 10 per thousand
    assert record.cost == Decimal("0.03545")
    assert record.price == {
        "input": "2",
        "output": "10",
        "cache_write_5m": "2.5",
        "cache_write_1h": "4",
        "cache_read": "0.1",
        "web_search": "10",
        "web_fetch": "0",
    }


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"exactness": "estimated", "estimated_by": "prompt_counted"}, "prompt_counted"),
        ({"exactness": "lower_bound"}, "unknown"),
        ({"exactness": "exact", "estimated_by": "last_count"}, ""),
    ],
)
def test_a_record_says_what_its_figures_rest_on_just_where_they_are_not_exact(alice, told, kept):
    assert closed(alice, {"input_tokens": 1}, **told).estimated_by == kept


def test_a_dated_snapshot_costs_what_its_alias_costs(alice):
    assert closed(alice, {"input_tokens": 1_000_000}, answered="claude-sonnet-5-5-20260928").cost == 2


def test_an_unknown_model_is_unpriced_not_free(alice):
    record = closed(alice, {"input_tokens": 1_000}, answered="claude-unheard-of-9")
    assert (record.input_tokens, record.cost, record.price) == (1_000, None, None)


@pytest.mark.parametrize("count", [3_000_000_000, 10**12, 10**19, -5, "12"])
def test_what_is_no_count_is_unpriced_and_every_column_holds_it(alice, count):
    budget = Budget.objects.create(amount=1)
    record = closed(alice, {"input_tokens": 7, "output_tokens": count}, size=Size(10, 10))
    assert (record.input_tokens, record.output_tokens, record.cost) == (7, 0, None)
    assert record.usage["output_tokens"] == count
    assert closed(alice, {"iterations": [{"input_tokens": 10**8}] * 30}, size=Size(10, 10)).cost is None
    assert budget.accounts.get().spent == 0


def test_a_call_that_used_nothing_costs_nothing_even_of_an_unknown_model(alice):
    record = closed(alice, {}, answered="claude-unheard-of-9", end="failed")
    assert (record.cost, record.price) == (0, None)


def test_each_iteration_is_charged_with_its_own_model(alice):
    runs = [
        {"type": "message", "model": "claude-fable-5-2", "input_tokens": 1_000, "output_tokens": 10},
        {"type": "fallback_message", "model": "claude-opus-5-5", "input_tokens": 1_000, "output_tokens": 100},
    ]
    record = closed(
        alice, {"input_tokens": 1_000, "output_tokens": 100, "iterations": runs}, answered="claude-opus-5-5"
    )
    assert (record.input_tokens, record.output_tokens) == (2_000, 110)
    assert record.cost == Decimal("0.0144")  # 1,000 x 8 + 10 x 40 and 1,000 x 4 + 100 x 20 per million
    assert [each["input"] for each in record.price["iterations"]] == ["8", "4"]


def test_a_later_price_does_not_change_what_was_charged(alice):
    record = closed(alice, {"output_tokens": 1_000_000})
    Price.objects.filter(model="claude-sonnet-5-5").update(output=99)
    assert UsageRecord.objects.get(pk=record.pk).cost == 10


def test_the_price_of_the_moment_holds(db):
    before = ledger.price_at("claude-sonnet-5-5", datetime(2026, 10, 6, tzinfo=UTC), 10)
    after = ledger.price_at("claude-sonnet-5-5", datetime(2026, 10, 8, tzinfo=UTC), 10)
    assert (before.cache_read, after.cache_read) == (Decimal("0.20"), Decimal("0.10"))


def test_a_long_prompt_is_priced_by_its_band(alice):
    short = closed(alice, {"input_tokens": 100_000}, model="claude-haiku-5-5")
    long = closed(alice, {"input_tokens": 100_001}, model="claude-haiku-5-5")
    assert (short.cost, long.cost) == (Decimal("0.01"), Decimal("0.0500005"))


def test_a_record_is_closed_by_whoever_comes_first(alice):
    record = closed(alice, {"input_tokens": 7})
    assert not ledger.close_call(ledger.Call(record.pk, usage={"input_tokens": 9}), "interrupted")
    assert UsageRecord.objects.get().input_tokens == 7


def test_a_refusal_before_any_output_is_counted_but_not_charged(alice):
    record = closed(alice, {"input_tokens": 1_000}, billed=False)
    assert (record.input_tokens, record.cost, record.billed) == (1_000, 0, False)


def test_a_call_that_is_priced_later_is_spent_later(alice):
    budget = Budget.objects.create(amount=1, hard=False)
    record = closed(alice, {"input_tokens": 1_000}, answered="claude-unheard-of-9")
    assert budget.accounts.get().spent == 0
    LanguageModel.objects.create(id="claude-unheard-of-9", label="U", context_tokens=1, max_output_tokens=1)
    Price.objects.create(model_id="claude-unheard-of-9", valid_from=record.started_at, **RATES)
    (late,) = ledger.price_unpriced()
    assert budget.accounts.get().spent == late.cost == Decimal("0.002")


def test_what_was_held_back_for_a_call_without_a_price_stays_so_until_it_has_one(alice):
    budget = Budget.objects.create(amount=1)
    record = closed(alice, {"input_tokens": 1_000}, answered="claude-unheard-of-9", size=Size(1_000, 1_000))
    held = record.reserved
    assert held == Decimal("0.01375")  # 1,000 x 2.5 x 1.1 and 1,000 x 10 x 1.1 millionths
    assert budget.accounts.values_list("spent", "reserved").get() == (0, held)
    LanguageModel.objects.create(id="claude-unheard-of-9", label="U", context_tokens=1, max_output_tokens=1)
    Price.objects.create(model_id="claude-unheard-of-9", valid_from=record.started_at, **RATES)
    (late,) = ledger.price_unpriced()
    assert budget.accounts.values_list("spent", "reserved").get() == (late.cost, 0)
    assert UsageRecord.objects.get().reserved == 0


@pytest.mark.django_db(transaction=True)
def test_who_prices_the_same_call_at_once_counts_it_once(alice, monkeypatch):
    begun = begin(alice)
    opened = ledger.open_call(user_id=alice.pk, model="claude-unheard-of-9", message_id=begun.turn)
    ledger.close_call(ledger.Call(opened.record, usage={"input_tokens": 1_000}), "complete")
    LanguageModel.objects.create(id="claude-unheard-of-9", label="U", context_tokens=1, max_output_tokens=1)
    Price.objects.create(model_id="claude-unheard-of-9", valid_from=timezone.now() - timedelta(days=1), **RATES)
    together = Barrier(2)

    def both_have_read_it(*args):
        together.wait(10)
        return _charged(*args)

    def price():
        try:
            return len(list(ledger.price_unpriced()))
        finally:
            connection.close()

    _charged = ledger._charged
    monkeypatch.setattr("chat.ledger._charged", both_have_read_it)
    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(lambda _: price(), range(2))) == [0, 1]
    assert Conversation.objects.values_list("spent", "unpriced").get() == (Decimal("0.002"), 0)


def test_the_start_of_the_stream_is_kept_for_the_reaper(alice):
    record = ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5").record
    ledger.note_start(ledger.Call(record, "claude-sonnet-5-5", "req_1", {"input_tokens": 12}))
    kept = UsageRecord.objects.get()
    assert (kept.end, kept.request_id, kept.usage) == ("open", "req_1", {"input_tokens": 12})


def test_the_same_attempt_has_one_record(alice):
    turn = begin(alice).turn
    attempt = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": turn}
    first = ledger.open_call(**attempt).record
    assert ledger.open_call(**attempt).record == first
    assert ledger.open_call(**attempt, attempt=2).record != first
    assert ledger.open_call(**attempt, purpose="title").record != first


def test_an_attempt_that_was_closed_is_not_made_any_more(alice):
    """Its process slept so long that the turn was interrupted; what it asked for now would be in no record."""
    attempt = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": begin(alice).turn}
    ledger.open_call(**attempt)
    ledger.close_unasked(attempt["message_id"], "interrupted")
    with refused("ended"):
        ledger.open_call(**attempt)


def test_a_call_that_nobody_will_close_is_found_when_it_has_had_its_time(alice):
    old = ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", purpose="title").record
    ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", purpose="title")
    UsageRecord.objects.filter(pk=old).update(started_at=timezone.now() - timedelta(minutes=3))
    assert [call.record for call in ledger.abandoned_calls()] == [old]


def test_a_call_of_an_answer_that_is_being_written_is_not_abandoned(alice):
    turn = begin(alice).turn
    record = ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", message_id=turn).record
    UsageRecord.objects.filter(pk=record).update(started_at=timezone.now() - timedelta(hours=1))
    assert ledger.abandoned_calls() == []
    Conversation.objects.all().delete()
    assert [call.record for call in ledger.abandoned_calls()] == [record]


def test_a_process_that_does_not_know_the_newest_columns_yet_can_write_records(alice):
    new = {"web_fetches", "billed", "reserved", "max_tokens"}
    record = UsageRecord(user=alice, model_asked="m", started_at=timezone.now())
    fields = [
        field for field in UsageRecord._meta.local_concrete_fields if field.name not in new and field.column != "id"
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    values = [field.get_db_prep_save(getattr(record, field.attname), connection) for field in fields]
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO chat_usagerecord ({columns}) VALUES ({marks})", values)
    kept = UsageRecord.objects.get()
    assert (kept.web_fetches, kept.billed, kept.reserved) == (0, True, 0)


def test_the_conversation_knows_its_messages_and_what_it_came_to(alice):
    begun = begin(alice)
    chat = Conversation.objects.filter(pk=begun.conversation)
    figures = ("message_count", "spent", "unpriced")
    assert chat.values_list(*figures).get() == (2, 0, 0)

    for attempt, model in enumerate(["claude-sonnet-5-5", "claude-unheard-of-9"]):
        opened = ledger.open_call(user_id=alice.pk, model=model, message_id=begun.turn, attempt=attempt)
        for _ in range(2):  # the second changes nothing
            ledger.close_call(ledger.Call(opened.record, usage={"input_tokens": 1_000_000}), "complete")
    assert chat.values_list(*figures).get() == (2, 2, 1)

    LanguageModel.objects.create(id="claude-unheard-of-9", label="X", context_tokens=1, max_output_tokens=1)
    Price.objects.create(
        model_id="claude-unheard-of-9",
        valid_from=timezone.now() - timedelta(days=1),
        **dict.fromkeys(("input", "output", "cache_write_5m", "cache_write_1h", "cache_read"), Decimal(5)),
    )
    assert len(list(ledger.price_unpriced())) == 1
    assert chat.values_list(*figures).get() == (2, 7, 0)


@pytest.mark.parametrize(
    ("answered", "usage", "purpose", "kept"),
    [
        ("claude-sonnet-5-5-20260928", {}, "answer", {"claude-sonnet-5-5"}),
        ("", {}, "answer", {"claude-sonnet-5-5"}),
        ("claude-opus-5-5", {}, "answer", {"claude-sonnet-5-5", "claude-opus-5-5"}),
        ("claude-opus-5-5", {}, "title", {"claude-sonnet-5-5"}),
        ("a name of many words", {}, "answer", {"claude-sonnet-5-5", "a_name_of_many_words"}),
        (
            "claude-opus-5-5",
            {"iterations": [{"model": "claude-fable-5-2"}, {"model": "claude-opus-5-5-20261001"}]},
            "answer",
            {"claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-2"},
        ),
    ],
)
def test_a_conversation_knows_which_models_were_called_for_its_answers(alice, answered, usage, purpose, kept):
    begun = begin(alice)
    for attempt in (1, 2):
        call = {"user_id": alice.pk, "model": "claude-sonnet-5-5", "message_id": begun.turn, "purpose": purpose}
        record = ledger.open_call(**call, attempt=attempt).record
        assert ledger.close_call(ledger.Call(record, model=answered, usage=usage), "complete")
    listed = Conversation.objects.get().called_models.split()
    assert (set(listed), len(listed)) == (kept, len(kept))
    conversations.recount([begun.conversation])
    assert set(Conversation.objects.get().called_models.split()) == kept
