"""Prompts: what of a conversation is sent, and how the model is asked."""

import pytest

from chat import prompts
from chat.engine.events import Outcome
from chat.models import Conversation
from tests.asking import answered, begin, said

pytestmark = pytest.mark.django_db
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "sig"}


def spoken(prompt):
    return [(message["role"], [block.get("text") for block in message["content"]]) for message in prompt.messages]


def test_it_sends_the_branch_and_nothing_beside_it(alice):
    first = answered(alice, "One?", said("One."))
    answered(alice, "Beside?", said("Beside."), conversation=first.conversation)
    last = begin(alice, "Two?", after=first)
    assert spoken(prompts.prompt_of(last.turn)) == [("user", ["One?"]), ("assistant", ["One."]), ("user", ["Two?"])]


def test_earlier_thinking_stays_here(alice):
    first = answered(alice, "One?", THOUGHT, said("One."))
    prompt = prompts.prompt_of(begin(alice, "Two?", after=first).turn)
    assert prompt.messages[1]["content"] == [said("One.")]


def test_the_text_of_a_stopped_answer_is_sent_and_an_empty_one_is_left_out(alice):
    first = answered(alice, "One?", said("On"), outcome=Outcome.STOPPED)
    second = answered(alice, "Two?", outcome=Outcome.FAILED, after=first)
    prompt = prompts.prompt_of(begin(alice, "Three?", after=second).turn)
    assert spoken(prompt) == [("user", ["One?"]), ("assistant", ["On"]), ("user", ["Two?"]), ("user", ["Three?"])]


def test_it_asks_with_the_settings(alice, settings):
    settings.CHAT_MAX_TOKENS = 1_234
    settings.CHAT_EFFORT = "low"
    turn = begin(alice, "Hello")
    Conversation.objects.update(system_prompt="Be brief.")
    prompt = prompts.prompt_of(turn.turn)
    assert (prompt.model, prompt.max_tokens, prompt.effort) == ("claude-sonnet-5-5", 1_234, "low")
    assert prompt.system == "Be brief."
    assert prompt.thinking == {"type": "adaptive", "display": "summarized"}


def test_it_never_asks_for_more_than_the_model_can_write(alice, settings):
    settings.CHAT_MAX_TOKENS = 1_000_000
    assert prompts.prompt_of(begin(alice, "Hello").turn).max_tokens == 128_000


def test_people_are_opaque_and_distinct_upstream(alice, bob):
    users = {prompts.prompt_of(begin(person, "Hello").turn).user for person in (alice, bob)}
    assert len(users) == 2
    assert not any(name in user for user in users for name in ("alice", "bob"))


def test_a_title_is_asked_of_the_cheapest_model_without_thinking(db):
    prompt = prompts.title_prompt("Q" * 5_000, "A" * 5_000)
    assert (prompt.model, prompt.thinking) == ("claude-haiku-5-5", {"type": "disabled"})
    assert len(prompt.messages[0]["content"][0]["text"]) < 4_100
