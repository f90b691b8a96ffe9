"""The books, proved: each way in which they can be wrong is told, and only that."""

from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chat import audit, conversations, ledger, reports
from chat.engine.events import Outcome
from chat.models import Budget, Conversation, Rollup, UsageRecord
from chat.reports.figures import figures
from chat.reports.spans import Span
from tests.asking import answered, begin, said
from tests.spending import record_of

pytestmark = pytest.mark.django_db
USAGE = {"input_tokens": 1_000, "output_tokens": 333, "cache_read_input_tokens": 7}


def problems():
    """What is wrong, as if some time had passed since the calls."""
    return list(audit.problems(audit.settled(timezone.now() + timedelta(minutes=2))))


def call_for(user, usage=USAGE, *, model="claude-sonnet-5-5", end="complete", **known):
    """A call as the ledger records it."""
    record = ledger.open_call(user_id=user.pk, model=model).record
    ledger.close_call(ledger.Call(record, model=model, usage=usage, **known), end)
    return UsageRecord.objects.filter(pk=record)


def test_books_that_are_in_order_have_no_problems(alice, bob):
    runs = [{"input_tokens": 90_000}, {"input_tokens": 110_000}]
    call_for(alice)
    call_for(bob, {"input_tokens": 1, "inference_geo": "us"}, model="claude-opus-5-5", exactness="estimated")
    call_for(bob, {"iterations": runs}, model="claude-haiku-5-5")
    call_for(alice, billed=False)
    call_for(alice, {}, model="claude-unheard-of-9", end="failed")
    ledger.open_call(user_id=alice.pk, model="m")
    answered(alice, outcome=Outcome.STOPPED)
    alice.delete()
    assert problems() == []


def test_empty_books_are_in_order(db):
    assert problems() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost": Decimal("0.005330700001")},
        {"output_tokens": 334},
        {"cost": 0},
        {"billed": False},
        {"price": None},
    ],
)
def test_a_cost_that_is_not_tokens_times_price_is_told(alice, wrong):
    call = call_for(alice)
    assert call.get().cost == Decimal("0.0053307")  # 1,000 x 2 + 333 x 10 + 7 x 0.1 millionths
    call.update(**wrong)
    (problem,) = problems()
    assert problem.startswith(f"1 call ({call.get().pk}) is with a cost that is not tokens times price.")


def test_a_wrong_cost_of_iterations_is_told(alice):
    call = call_for(
        alice, {"iterations": [{"input_tokens": 90_000}, {"input_tokens": 110_000}]}, model="claude-haiku-5-5"
    )
    assert call.get().cost == Decimal("0.064")  # 90,000 x 0.1 + 110,000 x 0.5 millionths
    call.update(cost=Decimal("0.1"))
    assert "not tokens times price" in problems()[0]


@pytest.mark.parametrize("wrong", [{"exactness": "estimated"}, {"estimated_by": "last_count"}])
def test_an_estimate_that_rests_on_nothing_and_an_exact_call_that_rests_on_something_are_told(alice, wrong):
    call = call_for(alice)
    call.update(**wrong)
    (problem,) = problems()
    assert problem.startswith(f"1 call ({call.get().pk}) is not exact without a word on what the figures rest on")


def test_a_conversation_that_does_not_know_a_model_that_was_called_in_it_is_told(alice):
    turn = begin(alice).turn
    record = ledger.open_call(user_id=alice.pk, model="claude-sonnet-5-5", message_id=turn).record
    ledger.close_call(ledger.Call(record, "claude-sonnet-5-5-20260928"), "complete")
    assert problems() == []
    UsageRecord.objects.filter(pk=record).update(model_answered="claude-opus-5-5-20261001")
    (problem,) = problems()
    assert problem.endswith(
        "is without a model that was called for its answers, so a filter misses it. Please report this."
    )
    Conversation.objects.update(called_models=" claude-opus-5-5 ")
    assert "without a model that was called" in problems()[0]
    Conversation.objects.update(called_models=" claude-opus-5-5  claude-sonnet-5-5 ")
    assert problems() == []


def test_an_unpriced_call_is_told_with_what_to_do(alice):
    call = call_for(alice, model="claude-unheard-of-9")
    (problem,) = problems()
    assert problem.startswith(f"1 call ({call.get().pk}) is without a price")
    assert "manage.py price_calls" in problem


def test_a_call_that_is_open_for_too_long_is_told(alice, settings):
    record = ledger.open_call(user_id=alice.pk, model="m").record
    life = settings.CHAT_TOTAL_SECONDS + settings.CHAT_REAP_SECONDS
    UsageRecord.objects.filter(pk=record).update(started_at=timezone.now() - timedelta(seconds=life))
    assert problems() == []
    UsageRecord.objects.filter(pk=record).update(started_at=timezone.now() - timedelta(seconds=life + 121))
    assert problems()[0].startswith(f"1 call ({record}) is open for longer than a call can take.")


def test_money_that_is_still_held_back_is_told(alice):
    call_for(alice).update(reserved=Decimal("0.1"))
    assert "money is still held back" in problems()[0]


@pytest.mark.parametrize(("blocks", "outcome"), [([said("Hi")], Outcome.STOPPED), ([], Outcome.COMPLETE)])
def test_an_answer_without_a_record_is_told(alice, blocks, outcome):
    turn = answered(alice, "Hello", *blocks, outcome=outcome).turn
    ledger.open_call(user_id=alice.pk, model="m", message_id=turn, purpose="title")
    assert problems() == [
        f"1 answer ({turn}) is without a usage record: what was spent is not known. Please report this."
    ]


def test_a_call_that_was_recorded_twice_is_told(alice):
    turn = answered(alice).turn
    first, second = (call_for(alice) for _ in range(2))
    first.update(message=turn)
    second.update(message=turn, attempt=2)
    conversations.recount(Conversation.objects.values_list("pk", flat=True))
    assert problems() == []
    second.update(attempt=1)
    assert problems()[0].startswith(f"1 call ({second.get().pk}) is recorded twice")


@pytest.mark.parametrize("key", ["user", "model_asked", "day"])
def test_a_sum_that_is_not_that_of_the_records_is_told(alice, monkeypatch, key):
    call_for(alice)
    totals_by = reports.totals_by
    monkeypatch.setattr(reports, "totals_by", lambda records, by: {} if by == key else totals_by(records, by))
    (problem,) = problems()
    assert problem.startswith("The sum by ")
    assert "0 calls, $0" in problem
    assert "The records: 1 calls, $0.0053307" in problem


def test_of_many_the_first_are_named(alice):
    calls = [call_for(alice) for _ in range(7)]
    UsageRecord.objects.update(cost=1)
    first = ", ".join(str(call.get().pk) for call in calls[:5])
    assert problems()[0].startswith(f"7 calls ({first}, ...) are with a cost")


@pytest.mark.parametrize("wrong", [{"spent": Decimal("0.005330700001")}, {"reserved": Decimal("0.1")}])
def test_an_account_that_is_not_the_sum_of_its_calls_is_told(alice, wrong):
    budget = Budget.objects.create(amount=1, hard=False)
    call_for(alice)
    assert problems() == []
    budget.accounts.update(**wrong)
    (problem,) = problems()
    assert problem.startswith(f"1 budget account ({budget.accounts.get().pk}) is not the sum of its calls")


def test_a_day_that_is_rolled_up_wrongly_is_told(alice, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    record_of(alice, cost="1", input_tokens=500_000, output_tokens=0, days_ago=2)
    day = timezone.localdate() - timedelta(days=2)
    figures(Span(day, day), timezone.now())
    assert problems() == []
    Rollup.objects.filter(by="user").update(spent=2)
    assert problems() == [
        f"1 day ({day}) is rolled up wrongly. Run manage.py build_rollups --anew, and please report this."
    ]


def test_it_reads_a_number_of_times_that_does_not_depend_on_the_records(alice, django_assert_num_queries):
    for _ in range(3):
        call_for(alice)
    with django_assert_num_queries(15):
        problems()


# --- against the bill ----------------------------------------------------------------------------------------------


def yesterday() -> date:
    return timezone.now().astimezone(UTC).date() - timedelta(days=1)


def on(day, hour=12):
    """Days ago of an hour of a day, for `record_of`."""
    moment = timezone.now().astimezone(UTC).replace(hour=hour, minute=0)
    return (timezone.now() - moment) / timedelta(days=1) + (moment.date() - day).days


@pytest.mark.parametrize(
    ("billed", "fields", "problem"),
    [
        ("1.00", {}, ""),
        ("1.01", {}, ""),
        ("1.02", {}, "More was billed than we charged"),
        ("0.98", {}, "We charged more than was billed"),
        ("1.02", {"exactness": "estimated"}, ""),
        ("9", {"exactness": "estimated"}, "More was billed than we charged"),
        ("9", {"exactness": "lower_bound"}, ""),
    ],
)
def test_a_day_agrees_with_the_bill_as_far_as_it_is_exact(alice, billed, fields, problem):
    record_of(alice, cost="1", days_ago=on(yesterday()), **fields)
    (day,) = audit.days(yesterday(), yesterday(), {yesterday(): Decimal(billed)})
    assert day.ours.calls == 1
    assert day.problem.startswith(problem)
    assert bool(day.problem) == bool(problem)


def test_a_day_is_one_of_utc_and_today_is_not_over(alice):
    for hour in (0, 23):
        record_of(alice, cost="1", days_ago=on(yesterday(), hour))
    record_of(alice, cost="5")
    before, day = audit.days(yesterday() - timedelta(days=1), yesterday(), {})
    assert (before.ours.calls, day.ours.calls, day.difference) == (0, 2, -2)


@pytest.mark.parametrize("wrong", [{"message_count": 1}, {"spent": Decimal("0.01")}, {"unpriced": 1}])
def test_a_conversation_with_other_figures_than_its_rows_is_told(alice, wrong):
    answered(alice, outcome=Outcome.STOPPED)
    Conversation.objects.update(**wrong)
    [problem] = problems()
    assert "with other figures than those of its messages and calls" in problem
