"""What one tab is told of turns and conversations: everything once, and of no more than it may watch."""

import json
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chat import turns
from chat.engine.events import Outcome
from chat.live.announce import announce
from chat.models import Message
from tests.live.processes import directed, kept

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = "another-machine:1:1"


async def answered(tab, **fields):
    """Ask, and wait for the end; gives ``accepted``."""
    accepted = await tab.ask('[[sim {"text": "Well."}]]', **fields)
    await tab.see("ended", turn=accepted["turn"])
    return accepted


async def after_all(tab, user):
    """All that was on its way to a tab, by news or as an answer, has arrived."""
    re = str(uuid4())
    await announce(user.pk, {"type": "conversation", "conversation": re})
    await tab.see("conversation", conversation=re)
    await tab.say("ping", id=re)
    await tab.see("pong", re=re)


async def refusal(tab, type_, **fields):
    """The code that a command is refused with."""
    re = str(uuid4())
    await tab.say(type_, id=re, **fields)
    return (await tab.see("refused", re=re))["code"]


def question(conversation=None, parent=None):
    return {"key": str(uuid4()), "conversation": conversation, "parent": parent, "text": "Hello"}


async def test_word_of_a_turn_that_comes_after_its_end_sends_nothing_again(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await answered(tab)
        told = await tab.see("turn", turn=accepted["turn"])
        await announce(alice.pk, told)
        await after_all(tab, alice)
    assert len(tab.of("turn")) == 2
    assert len(tab.of("ended")) == 1
    assert tab.text(accepted["turn"]) == "Well."


async def test_the_same_key_after_the_end_sends_nothing_again(alice, tab_of, upstream):
    key = uuid4()
    async with await tab_of(alice) as tab:
        assert await answered(tab, key=key)
        assert await tab.ask("Well?", key=key)
        await after_all(tab, alice)
    assert len(tab.of("accepted")) == 2
    assert len(tab.of("ended")) == 1


async def test_who_watches_without_knowing_of_a_turn_that_is_being_sent_gets_nothing_twice(alice, tab_of, upstream):
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(directed(tokens=60, speed=30))
        await tab.read(accepted["turn"], 20)
        await tab.say("watch", id="again", conversation=accepted["conversation"])
        await tab.see("watching", re="again", turns=[accepted["turn"]])
        await tab.see("ended", turn=accepted["turn"])
        assert tab.text(accepted["turn"]) == (await kept(accepted["turn"], lambda row: not row.is_open)).text


async def test_a_turn_of_another_process_is_open_and_its_end_is_read_from_the_database(alice, tab_of, upstream):
    fields = {"key": uuid4(), "conversation": None, "parent": None, "text": "Hello", "runner": ELSEWHERE}
    begun = await sync_to_async(turns.begin)(alice, **fields)
    async with await tab_of(alice) as tab:
        await tab.say("watch", conversation=str(begun.conversation))
        watching = await tab.see("watching")
        assert (watching["head"], watching["turns"]) == (str(begun.turn), [str(begun.turn)])
        kept = turns.Snapshot(begun.turn, [{"type": "text", "text": "So far."}])
        await sync_to_async(turns.end)(kept, Outcome.INTERRUPTED)
        assert (await tab.see("ended", turn=str(begun.turn)))["state"] == "interrupted"
        await after_all(tab, alice)
    assert tab.text(str(begun.turn)) == "So far."
    assert len(tab.of("ended")) == 1


async def test_a_full_tab_takes_no_question_elsewhere(alice, tab_of, upstream, monkeypatch):
    monkeypatch.setattr("chat.tab.MAX_WATCHED", 1)
    async with await tab_of(alice) as other:
        elsewhere = await answered(other)
    async with await tab_of(alice) as tab:
        here = await answered(tab)
        asked = await Message.objects.acount()
        assert await refusal(tab, "send", **question()) == "too_many_watched"
        assert await refusal(tab, "watch", conversation=elsewhere["conversation"]) == "too_many_watched"
        again = {"key": str(uuid4()), "message": elsewhere["turn"]}
        assert await refusal(tab, "regenerate", **again) == "too_many_watched"
        assert await Message.objects.acount() == asked
        await tab.say("regenerate", id="here", key=str(uuid4()), message=here["turn"])
        await tab.see("ended", turn=(await tab.see("accepted", re="here"))["turn"])
        await tab.say("unwatch", conversation=here["conversation"])
        await tab.say("regenerate", id="there", **again)
        await tab.see("ended", turn=(await tab.see("accepted", re="there"))["turn"])


async def test_what_was_left_in_the_middle_is_sent_whole_when_its_key_comes_again(alice, tab_of, upstream):
    text = json.dumps({"tokens": 100, "speed": 200})
    key = uuid4()
    async with await tab_of(alice) as tab:
        accepted = await tab.ask(f"[[sim {text}]]", key=key)
        await tab.see("delta", turn=accepted["turn"])
        await tab.say("unwatch", conversation=accepted["conversation"])
        await after_all(tab, alice)
        tab.texts.clear()
        await tab.ask(f"[[sim {text}]]", key=key)
        await tab.see("ended", turn=accepted["turn"])
    assert tab.text(accepted["turn"]) == (await Message.objects.aget(pk=accepted["turn"])).text
