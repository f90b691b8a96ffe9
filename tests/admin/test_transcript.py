"""A conversation as administrators read it."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import ledger
from chat.admin.calls import Call
from chat.admin.transcript import transcript_of
from chat.engine import pricing
from chat.engine.charge import cost_again
from chat.engine.usage import Usage
from chat.models import UsageRecord
from chat.models.money import rounded
from tests.spending import conversation_of, message_in, record_of, turn_in


def page_of(office, conversation, **query):
    """The page of a conversation, having said why."""
    office.post(f"/admin/chat/conversation/{conversation.pk}/reason/", {"reason": "Ticket 4711: a complaint"})
    response = office.get(f"/admin/chat/conversation/{conversation.pk}/change/", query)
    assert response.status_code == 200
    return response.content.decode()


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_it_shows_what_was_said_in_order(office, alice):
    html = page_of(office, conversation_of(alice, turns=2, system_prompt="Be brief."))
    said = [html.index(text) for text in ("Question 0", "Answer 0", "Question 1", "Answer 1")]
    assert said == sorted(said)
    assert "Be brief." in html


def test_it_shows_what_a_call_counted_cost_and_took(office, alice):
    conversation = conversation_of(alice, turns=0)
    _, answer = turn_in(conversation, None, "?", "!", cost=None)
    answer.usage_records.all().delete()
    record_of(
        alice,
        message=answer,
        cost="0.0421",
        input_tokens=1204,
        output_tokens=840,
        cache_read_tokens=51200,
        web_searches=1,
        exactness="estimated",
        end="stopped",
        attempt=2,
    )
    shown = words(page_of(office, conversation))
    for part in (
        "Stopped attempt 2 ~$0.042",
        "claude-sonnet-5-5 answered by claude-sonnet-5-5-20260928",
        "Input 1,204 $2.00 $0.0024",
        "Cache read 51,200 $0.10 $0.0051",
        "Output 840 $10.00 $0.0084",
        "Web searches 1 $10.00 $0.01",
        "Figures Estimated Rest on count_tokens on the text that arrived",
        "First token 0.4 s",
        "Duration 3.0 s",
        "Request req_011CSHoEeqs5C35K2UUqR7Fy",
    ):
        assert part in shown


def test_it_shows_the_terms_of_a_call_that_was_not_billed_and_no_rate_for_different_ones(office, alice):
    conversation = conversation_of(alice, turns=0)
    _, answer = turn_in(conversation, None, "?", "!", cost="0")
    answer.usage_records.update(
        billed=False, usage={"inference_geo": "us", "speed": "fast", "service_tier": "standard"}
    )
    runs = {"iterations": [{"input": "1"}, {"input": "2"}]}
    usage = {"iterations": [{"input_tokens": 70}, {"input_tokens": 7, "output_tokens": 50}]}
    record_of(alice, message=answer, cost="0.5", input_tokens=77, price=runs, usage=usage)
    shown = words(page_of(office, conversation))
    assert "Input 100 Output 50 Started" in shown
    assert "Billed No: declined before any output Served us, fast" in shown
    assert "$0.50 claude-sonnet-5-5 answered by claude-sonnet-5-5-20260928" in shown
    assert "Input 77 Output 50 Run by run" in shown


def test_it_shows_failures_titles_and_calls_without_a_price(office, alice):
    conversation = conversation_of(alice, turns=0)
    fields = {"state": "failed", "error_code": "cut_off", "error_detail": "peer closed"}
    _, answer = turn_in(conversation, None, "?", "half an ans", cost=None, **fields)
    record_of(alice, message=answer, purpose="title", error_code="overloaded", end="failed", cost="0")
    record_of(alice, message=answer, cost="0.003", exactness="lower_bound")
    record_of(alice, message=answer, end="open", cost=None, price=None)
    shown = words(page_of(office, conversation))
    for part in (
        "cut_off peer closed",
        "unpriced",
        "Title $0.00",
        "Error overloaded",
        "≥ $0.003",
        "1 running",
        "half an ans",
    ):
        assert part in shown


def test_it_shows_one_branch_and_marks_the_others(office, alice):
    conversation = conversation_of(alice, turns=1)
    answer = conversation.messages.get(role="assistant")
    turn_in(conversation, answer, "Old question", "Old answer")
    newer, _ = turn_in(conversation, answer, "New question", "New answer")
    html = page_of(office, conversation)
    assert "New answer" in html
    assert "Old answer" not in html
    assert "Version 2 of 2" in html
    assert "in 2 branches" in html
    older = re.search(
        r'\?message=([0-9a-f-]+)#m-\1">Version 1</a> <bdi>Old question</bdi> [^<]*<span[^>]*>2 messages', html
    )
    html = page_of(office, conversation, message=older[1])
    assert "Old answer" in html
    assert "New answer" not in html
    assert f"?message={newer.pk}" in html


def test_it_shows_the_branch_through_a_message_at_its_page(alice):
    conversation = conversation_of(alice, turns=60)
    sought = conversation.messages.get(text="Question 30")
    transcript = transcript_of(conversation, text=True, through=sought.pk)
    assert (transcript.page.number, transcript.page.paginator.num_pages, transcript.messages) == (2, 3, 120)
    assert sought.pk in [entry.message.pk for entry in transcript.entries]
    assert [entry.place for entry in transcript.entries] == list(range(51, 101))


@pytest.mark.parametrize("query", [{"p": "99"}, {"p": "-1"}, {"p": "x"}, {"message": "x"}, {"message": str(uuid4())}])
def test_it_answers_nonsense_calmly(office, alice, query):
    assert "Answer" in page_of(office, conversation_of(alice), **query)


def test_a_message_of_another_conversation_chooses_nothing(office, alice, bob):
    other = conversation_of(bob, turns=0)
    _, elsewhere = turn_in(other, None, "Elsewhere", "Far away")
    html = page_of(office, conversation_of(alice), message=str(elsewhere.pk))
    assert "Far away" not in html


def test_a_long_conversation_is_paged_and_the_number_of_queries_stays(office, queries_of, alice):
    short, long = conversation_of(alice, turns=25), conversation_of(alice, turns=200)
    for conversation, branches in ((short, 1), (long, 40)):
        for branch in range(branches):
            message_in(conversation, conversation.messages.get(text="Question 0"), "assistant", f"Branch {branch}")
        assert "Question 0" in page_of(office, conversation)
    few = queries_of(f"/admin/chat/conversation/{short.pk}/change/")
    assert queries_of(f"/admin/chat/conversation/{long.pk}/change/") == few


def test_an_empty_conversation_says_so(office, alice):
    assert "Nothing has been said here yet." in page_of(office, conversation_of(alice, turns=0))


def test_one_that_does_not_exist_is_not_found(office, db):
    assert office.get(f"/admin/chat/conversation/{uuid4()}/change/").status_code == 404
    assert office.get("/admin/chat/conversation/nonsense/change/").status_code == 404


def test_the_parts_of_a_call_add_up_to_its_cost(alice):
    conversation = conversation_of(alice, turns=0)
    _, answer = turn_in(conversation, None, "?", "!")
    (entry,) = [entry for entry in transcript_of(conversation, text=True).entries if entry.message == answer]
    assert sum(line.cost for line in entry.calls[0].lines) == Decimal("0.0007")


FALLBACK = {
    "input_tokens": 1_000,
    "output_tokens": 100,
    "server_tool_use": {"web_search_requests": 1},
    "iterations": [
        {"type": "message", "model": "claude-fable-5-2", "input_tokens": 1_000, "output_tokens": 10},
        {"type": "fallback_message", "model": "claude-opus-5-5", "input_tokens": 1_000, "output_tokens": 100},
    ],
}


def closed(user, usage, *, model="claude-opus-5-5", **known):
    """A call as the ledger records it, as the page shows it."""
    record = ledger.open_call(user_id=user.pk, model=model).record
    ledger.close_call(ledger.Call(record, model=model, usage=usage, **known), "complete")
    return Call(UsageRecord.objects.get(pk=record))


def test_each_run_of_a_call_is_shown_with_its_prices_and_its_share_of_the_cost(office, alice):
    call = closed(alice, FALLBACK)
    shown = words(office.get(f"/admin/chat/usagerecord/{call.record.pk}/change/").content.decode())
    for part in (
        "1. claude-fable-5-2 $0.0084",
        "Input 1,000 $8.00 $0.008 Output 10 $40.00 $0.0004",
        "2. claude-opus-5-5 fallback message $0.006",
        "Input 1,000 $4.00 $0.004 Output 100 $20.00 $0.002",
        "Tools of the API $0.01 Web searches 1 $10.00 $0.01",
        "Sum $0.0244",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("usage", "model", "runs"),
    [
        ({"input_tokens": 5}, "claude-opus-5-5", 0),
        ({"iterations": [{"input_tokens": 5}]}, "claude-opus-5-5", 0),
        ({"server_tool_use": {"web_search_requests": 1}, "iterations": [{"input_tokens": 5}]}, "claude-opus-5-5", 0),
        # The run is in the upper band, the searches beside it are not: no one price holds for both.
        ({**FALLBACK, "iterations": [{"input_tokens": 100_001}]}, "claude-haiku-5-5", 2),
        ({"iterations": [{"input_tokens": 5}, {"input_tokens": 5}]}, "claude-opus-5-5", 2),
        (FALLBACK, "claude-opus-5-5", 3),
    ],
)
def test_runs_are_shown_where_there_are_several_or_several_prices(alice, usage, model, runs):
    assert len(closed(alice, usage, model=model).runs) == runs


def test_runs_without_a_price_or_a_charge_show_their_tokens(alice):
    unheard = [*FALLBACK["iterations"], {"model": "claude-next-9", "input_tokens": 7}]
    for call in (closed(alice, {"iterations": unheard}), closed(alice, FALLBACK, billed=False)):
        assert [run.cost for run in call.runs] == [None, None, None]
        assert call.runs[0].lines[0] == ("Input", 1_000, None, None)


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=5), st.decimals("0.000001", "9", places=6))
def test_the_runs_of_a_call_add_up_to_its_cost_to_the_last_digit(tokens, rate):
    price = {**dict.fromkeys(pricing.TOKEN_RATES, str(rate)), "output": "0.0000003"}
    usage = {"iterations": [{"input_tokens": count, "output_tokens": count} for count in tokens]}
    cost = rounded(cost_again(Usage.from_api(usage), usage, price))
    call = Call(UsageRecord(model_asked="m", usage=usage, price=price, cost=cost))
    assert sum(run.cost for run in call.runs) == cost
