"""A reader who does not read: what the server keeps for one, and what comes when it wakes."""

import json
from uuid import uuid4

import pytest

from chat.consumers import FALLEN_BEHIND, UNACKNOWLEDGED
from chat.live.announce import announce
from chat.models import Message
from chat.wire import LONGEST_TEXT
from tests.live.processes import directed, kept

pytestmark = pytest.mark.django_db(transaction=True)


def bytes_of(tab):
    """What has come through the socket of a tab, more or less."""
    return sum(len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()) for frame in tab.frames)


async def test_a_tab_that_sleeps_through_an_answer_is_sent_no_more_than_the_window_and_loses_nothing(
    alice, tab_of, upstream
):
    async with await tab_of(alice) as tab:
        tab.awake = False
        # More text than the window holds, in however few frames a busy machine sends it.
        turn = (await tab.ask(directed(tokens=20_000, speed=20_000)))["turn"]
        row = await kept(turn, lambda row: not row.is_open)
        assert bytes_of(tab) < UNACKNOWLEDGED + 4 * LONGEST_TEXT
        assert not tab.of("ended")
        before = len(tab.frames)
        await tab.wake()
        await tab.see("ended", turn=turn)
        assert tab.text(turn) == row.text
        assert len(tab.frames) - before < 10


async def test_a_long_answer_that_is_over_comes_in_pieces_with_pauses(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(tokens=40_000))
        await tab.see("ended", turn=accepted["turn"])
    async with await tab_of(alice) as back:
        back.awake = False
        zero = {accepted["turn"]: {"block": 0, "offset": 0}}
        await back.say("watch", conversation=accepted["conversation"], cursors=zero)
        await back.see("watching")
        await back.read(accepted["turn"], LONGEST_TEXT)
        await back.say("ping", id="still heard")
        await back.see("pong", re="still heard")
        assert bytes_of(back) < UNACKNOWLEDGED + 4 * LONGEST_TEXT
        await back.wake()
        await back.see("ended", turn=accepted["turn"])
        assert back.text(accepted["turn"]) == tab.text(accepted["turn"])
        assert max(len(frame["text"]) for frame in back.of("delta")) == LONGEST_TEXT


async def test_watching_anew_while_held_back_repeats_nothing(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(tokens=40_000))
        turn = accepted["turn"]
        await tab.see("ended", turn=turn)
    async with await tab_of(alice) as back:
        back.awake = False
        await back.say("watch", conversation=accepted["conversation"], cursors={turn: {"block": 0, "offset": 0}})
        await back.read(turn, LONGEST_TEXT)
        await back.say("ping", id="1")
        await back.see("pong", re="1")
        await back.say("watch", id="2", conversation=accepted["conversation"], cursors={turn: back.cursor(turn)})
        await back.see("watching", re="2")
        await back.wake()
        await back.see("ended", turn=turn)
        await back.say("ping", id="3")
        await back.see("pong", re="3")
        assert back.text(turn) == tab.text(turn)
        assert len(back.of("ended")) == 1


async def test_news_that_nobody_takes_close_the_socket(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        tab.awake = False
        await tab.see("hello")
        for _ in range(20):
            await announce(alice.pk, {"type": "conversation", "conversation": str(uuid4()), "title": "x" * 60_000})
        assert await tab.closed() == FALLEN_BEHIND


async def test_acknowledging_what_was_not_sent_is_refused(alice, tab_of):
    async with await tab_of(alice) as tab:
        await tab.say("ack", id="1", frames=1000)
        assert (await tab.see("refused", re="1"))["code"] == "bad_frame"
        assert await Message.objects.acount() == 0
