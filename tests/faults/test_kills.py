"""Processes that are killed in mid-answer (SIGKILL), and one that is only thought to be dead."""

import signal

import pytest

from chat.models import UsageRecord
from tests.faults.site import row
from tests.live.processes import directed

pytestmark = [
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="session"),
]

SPEED = 100  # pieces a second
STEADY = directed(tokens=600, speed=SPEED)


async def test_a_page_whose_web_process_is_killed_goes_on_at_another(alice, site):
    first, second, *_ = site.webs
    page = await site.page(alice, web=first)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)
    page.web = second
    first.kill()
    assert (await page.ended(turn))["state"] == "complete"
    assert page.losses == [1006]
    assert page.text(turn) == (await row(turn)).text


async def test_an_answer_whose_worker_is_killed_is_kept_and_paid_for_up_to_the_last_second(alice, site):
    page = await site.page(alice)
    accepted = await page.ask(STEADY)
    turn = accepted["turn"]
    await page.read(turn, 1000)
    site.runner_of(await row(turn)).kill()
    assert (await page.ended(turn, seconds=10))["state"] == "interrupted"
    answer = await row(turn)
    assert page.text(turn).startswith(answer.text)
    record = await UsageRecord.objects.aget(message=turn)
    # By its id: a title for the same question may still be made from the test before.
    (call,) = (each for each in site.upstream.ledger.find(contains=STEADY) if each.id == record.request_id)
    assert call.text.startswith(answer.text)
    # It is saved once a second, and a piece is five characters at most.
    assert len(call.text) - len(answer.text) < 1.5 * SPEED * 5
    assert (record.end, record.exactness) == ("interrupted", "lower_bound")
    assert record.input_tokens == call.usage["input_tokens"]
    assert record.output_tokens > 0
    again = await page.ask(directed(text="Go on."), conversation=accepted["conversation"], parent=turn)
    assert (await page.ended(again["turn"]))["state"] == "complete"


async def test_a_worker_that_was_given_up_and_wakes_again_changes_nothing(alice, site):
    page = await site.page(alice)
    turn = (await page.ask(STEADY))["turn"]
    await page.read(turn, 200)
    worker = site.runner_of(await row(turn))
    worker.process.send_signal(signal.SIGSTOP)
    assert (await page.ended(turn, seconds=20))["state"] == "interrupted"
    given_up = await row(turn)
    worker.process.send_signal(signal.SIGCONT)
    # It notices with its next save; its end is that of the call to the API.
    await site.upstream.ledger.wait_for(lambda call: call.mentions(STEADY) and call.closed)
    assert (await row(turn)).content == given_up.content
    assert await UsageRecord.objects.filter(message=turn, purpose="answer").acount() == 1
