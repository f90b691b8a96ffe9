"""The websocket from outside: frames in, frames out, and who may have one."""

import json
import threading
from unittest.mock import Mock
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client

from chat.consumers import UNAVAILABLE
from chat.live.announce import announce
from chat.models import Conversation, Message, UsageRecord
from chat.simulator import answer_text

pytestmark = pytest.mark.django_db(transaction=True)


def directed(**directive):
    """A question that directs the simulator."""
    return f"[[sim {json.dumps(directive)}]]"


async def ended_turn(tab, text="Hello", **fields):
    """Ask, and wait for the end; gives the ``ended`` frame."""
    accepted = await tab.ask(text, **fields)
    return await tab.see("ended", turn=accepted["turn"])


async def code(tab, type_, **fields):
    """The code that a command is refused with."""
    re = str(uuid4())
    await tab.say(type_, id=re, **fields)
    return (await tab.see("refused", re=re))["code"]


async def test_it_says_hello(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        hello = await tab.see("hello")
    assert hello["protocol"] == 1
    assert hello["user"] == "alice"
    assert hello["limits"] == {"text": 100_000, "frame": 524_288, "unacknowledged": 65_536}


async def test_an_answer_arrives_whole_and_is_kept(alice, tab_of, upstream):
    question = directed(tokens=300, speed=0)
    async with await tab_of(alice) as tab:
        ended = await ended_turn(tab, question)
    answer = await Message.objects.aget(pk=ended["turn"])
    assert tab.text(ended["turn"]) == answer.text == answer_text(question)
    assert (ended["state"], answer.state) == ("complete", "complete")


async def test_a_large_answer_arrives_whole(alice, tab_of, upstream, settings):
    settings.CHAT_MAX_TOKENS = 64_000
    question = directed(generate="markdown", size=100_000)
    async with await tab_of(alice) as tab:
        ended = await ended_turn(tab, question)
    assert len(tab.text(ended["turn"])) >= 100_000
    assert tab.text(ended["turn"]) == answer_text(question) == (await Message.objects.aget(pk=ended["turn"])).text


async def test_the_end_tells_usage_and_cost_as_they_are_kept(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        ended = await ended_turn(tab)
    record = await UsageRecord.objects.aget(message=ended["turn"], purpose="answer")
    assert ended["usage"]["input"] == record.input_tokens > 0
    assert ended["usage"]["output"] == record.output_tokens > 0
    assert float(ended["cost"]) == pytest.approx(float(record.cost))
    assert (ended["exactness"], record.end) == ("exact", "complete")
    assert record.first_token_seconds <= record.seconds


async def test_a_second_question_carries_the_history(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        first = await ended_turn(tab, directed(text="Blue."))
        place = {"conversation": first["conversation"], "parent": first["turn"]}
        await ended_turn(tab, "And at night?", **place)
    asked = upstream.ledger.find(contains="And at night?")[0].body["messages"]
    roles = [(message["role"], message["content"][0]["text"]) for message in asked]
    assert roles == [("user", directed(text="Blue.")), ("assistant", "Blue."), ("user", "And at night?")]


async def test_the_title_comes_by_itself_and_its_cost_is_kept(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        ended = await ended_turn(tab, "Why is the sky blue?")
        provisional = await tab.see("conversation", having="title")
        tab.frames.remove(provisional)
        news = await tab.see("conversation", having="title")
        tab.frames.remove(ended)
        cursors = {ended["turn"]: tab.cursor(ended["turn"])}
        await tab.say("watch", conversation=ended["conversation"], cursors=cursors)
        assert await tab.see("ended") == ended, "the cost of the title is not the answer's"
    conversation = await Conversation.objects.aget(pk=ended["conversation"])
    assert provisional["title"] == "Why is the sky blue?"
    assert conversation.title == news["title"] != provisional["title"]
    record = await UsageRecord.objects.aget(purpose="title")
    assert (record.model_asked, record.end) == ("claude-haiku-5-5", "complete")
    assert record.cost > 0


async def test_a_stop_before_the_first_token_closes_upstream_and_nothing_comes_later(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(head_delay=5))
        await tab.say("stop", turn=accepted["turn"])
        ended = await tab.see("ended", turn=accepted["turn"])
    assert ended["state"] == "stopped"
    assert tab.text(accepted["turn"]) == ""
    answer = await Message.objects.aget(pk=accepted["turn"])
    assert (answer.state, answer.text) == ("stopped", "")


async def test_a_stop_in_the_middle_keeps_the_text_and_tells_an_estimated_cost(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(tokens=2_000, speed=200))
        await tab.see("delta", turn=accepted["turn"])
        await tab.say("stop", turn=accepted["turn"])
        ended = await tab.see("ended", turn=accepted["turn"])
    answer = await Message.objects.aget(pk=accepted["turn"])
    assert answer.text == tab.text(accepted["turn"]) != ""
    assert (ended["state"], ended["exactness"]) == ("stopped", "estimated")
    assert float(ended["cost"]) > 0
    entry = await upstream.ledger.wait_for(lambda entry: entry.how == "client_closed")
    assert entry.usage["input_tokens"] == ended["usage"]["input"]


async def test_the_same_key_makes_one_turn(alice, tab_of, upstream):
    key = uuid4()
    async with await tab_of(alice) as tab, await tab_of(alice) as other:
        first = await tab.ask("Hello", key=key)
        again = await other.ask("Hello", key=key)
        assert first["turn"] == again["turn"]
        await tab.see("ended", turn=first["turn"])
        await other.see("ended", turn=first["turn"])
    assert tab.text(first["turn"]) == other.text(first["turn"]) != ""
    assert await Message.objects.acount() == 2


async def test_a_tab_that_comes_back_goes_on_from_its_cursor(alice, tab_of, upstream):
    question = directed(tokens=400, speed=400)
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(question)
        await tab.see("delta", turn=accepted["turn"])
    turn = accepted["turn"]
    async with await tab_of(alice) as back:
        back.resume(turn, tab)
        await back.say("watch", conversation=accepted["conversation"], cursors={turn: tab.cursor(turn)})
        await back.see("ended", turn=turn)
    assert back.text(turn) == answer_text(question)


async def test_a_tab_that_comes_back_after_the_end_gets_what_it_missed(alice, tab_of, upstream):
    question = directed(text="All of it, to the last word.")
    async with await tab_of(alice) as tab:
        ended = await ended_turn(tab, question)
    async with await tab_of(alice) as back:
        back.texts[ended["turn"]][0] = "All of "
        await back.say("watch", conversation=ended["conversation"], cursors={ended["turn"]: back.cursor(ended["turn"])})
        assert await back.see("ended") == ended
        assert [frame["text"] for frame in back.of("delta")] == ["it, to the last word."]


async def test_a_second_tab_stays_in_step(alice, tab_of, upstream):
    async with await tab_of(alice) as tab, await tab_of(alice) as other:
        first = await ended_turn(tab, directed(text="One."))
        await other.say("watch", conversation=first["conversation"])
        assert (await other.see("watching"))["head"] == first["turn"]
        second = await tab.ask(directed(text="Two."), conversation=first["conversation"], parent=first["turn"])
        told = await other.see("turn", turn=second["turn"])
        assert (told["text"], told["parent"]) == (directed(text="Two."), first["turn"])
        await other.see("ended", turn=second["turn"])
        assert other.text(second["turn"]) == "Two."


async def test_twenty_reconnects_make_one_turn(alice, tab_of, upstream):
    question = directed(tokens=300, speed=300)
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(question)
    turn, last = accepted["turn"], tab
    for again in range(20):
        async with await tab_of(alice) as back:
            back.resume(turn, last)
            await back.say("watch", conversation=accepted["conversation"], cursors={turn: back.cursor(turn)})
            await back.see("ended" if again == 19 else "watching")
            last = back
    assert back.text(turn) == answer_text(question)
    assert await UsageRecord.objects.filter(purpose="answer").acount() == 1


async def test_an_answer_can_be_made_again(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        first = await ended_turn(tab)
        await tab.say("regenerate", id="again", key=str(uuid4()), message=first["turn"])
        again = await tab.see("accepted", re="again")
        await tab.see("ended", turn=again["turn"])
    assert await Message.objects.filter(parent=again["message"]).acount() == 2


async def test_foreign_ids_look_like_missing_ones(alice, bob, tab_of, upstream):
    async with await tab_of(alice) as hers:
        accepted = await hers.ask(directed(tokens=100, speed=100))
        turn, conversation = accepted["turn"], accepted["conversation"]
        question = {"key": str(uuid4()), "parent": None, "text": "Hi"}
        async with await tab_of(bob) as his:
            for foreign, nothing in [(turn, str(uuid4()))]:
                for turn_id in (foreign, nothing):
                    assert await code(his, "stop", turn=turn_id) == "not_found"
                    assert await code(his, "regenerate", key=str(uuid4()), message=turn_id) == "not_found"
            for chat in (conversation, str(uuid4())):
                assert await code(his, "watch", conversation=chat) == "not_found"
                assert await code(his, "send", conversation=chat, **question) == "not_found"
            own = await ended_turn(his)
            cursors = {turn: {"block": 0, "offset": 0}}
            await his.say("watch", id="w", conversation=own["conversation"], cursors=cursors)
            await his.say("ping", id="p")
            await his.see("pong", re="p")
        await hers.see("ended", turn=turn)
    assert turn not in json.dumps([frame for frame in his.frames if frame["type"] != "refused"])


async def test_a_socket_outlives_a_database_that_is_away(alice, tab_of, upstream, monkeypatch):
    async with await tab_of(alice) as tab:
        await tab.see("hello")
        monkeypatch.setattr("chat.consumers.CHECK_COMMAND_SECONDS", -1)
        monkeypatch.setattr("chat.admission.user_of", Mock(side_effect=OperationalError("away")))
        monkeypatch.setattr("chat.turns.begin", Mock(side_effect=OperationalError("away")))
        await tab.say("send", id="1", key=str(uuid4()), conversation=None, parent=None, text="Hello")
        assert (await tab.see("refused", re="1"))["code"] == "unavailable"


async def test_an_answer_goes_on_while_a_database_stands_still(alice, tab_of, upstream, monkeypatch):
    mended = threading.Event()
    async with await tab_of(alice) as tab:
        turn = (await tab.ask(directed(tokens=10_000, speed=500)))["turn"]
        await tab.read(turn, 1)
        monkeypatch.setattr("chat.admission.user_of", lambda _: mended.wait(20) and alice)
        monkeypatch.setattr("chat.consumers.CHECK_COMMAND_SECONDS", -1)
        monkeypatch.setattr("chat.consumers.CHECK_FRAME_SECONDS", -1)
        try:
            await tab.read(turn, len(tab.text(turn)) + 500)
            await tab.say("ping", id="still")
            await tab.see("pong", re="still")
        finally:
            mended.set()
        await tab.say("stop", turn=turn)
        await tab.see("ended", turn=turn)


async def test_a_tab_that_cannot_follow_a_turn_that_began_is_told_to_come_back(alice, tab_of, upstream, monkeypatch):
    async with await tab_of(alice) as tab:
        first = await ended_turn(tab)
        monkeypatch.setattr("chat.live.relay._open_turn", Mock(side_effect=OperationalError("away")))
        await announce(alice.pk, {"type": "turn", "conversation": first["conversation"], "turn": str(uuid4())})
        assert await tab.closed() == UNAVAILABLE


async def test_malformed_frames_are_answered_and_the_socket_lives(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        await tab.see("hello")
        for text in ("{", "[]", '{"type":"dance"}', '{"type":"send"}', "[" * 10_000):
            await tab.send(text)
        await tab.send(b"\x00\x01")
        await tab.send('{"type":"ping","id":"\\ud800"}')
        await tab.say("ping", id="still")
        await tab.see("pong", re="still")
    codes = [frame["code"] for frame in tab.of("refused")]
    assert codes == ["bad_frame", "bad_frame", "unknown_type", "bad_frame", "bad_frame", "bad_frame", "bad_frame"]


async def test_a_refused_question_leaves_nothing_behind(alice, tab_of, upstream):
    question = {"key": str(uuid4()), "conversation": None, "parent": None}
    async with await tab_of(alice) as tab:
        assert await code(tab, "send", text=" ", **question) == "empty"
        assert await code(tab, "send", text="x", model="nobody", **question) == "unknown_model"
        assert await code(tab, "send", text="x" * 100_001, **question) == "too_long"
        assert await code(tab, "send", text="\ud800", **question) == "bad_text"
    assert not await Conversation.objects.aexists()


async def test_a_deleted_conversation_ends_its_turn(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(tokens=1_000, speed=50))
        await tab.see("delta", turn=accepted["turn"])
        client = Client()
        await sync_to_async(client.force_login)(alice)
        await sync_to_async(client.post)(f"/c/{accepted['conversation']}/delete/")
        await tab.see("conversation", deleted=True)
        assert (await tab.see("ended", turn=accepted["turn"]))["state"] == "stopped"
    record = await UsageRecord.objects.aget(purpose="answer")
    assert (record.message_id, record.end) == (None, "stopped")
