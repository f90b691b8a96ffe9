"""Rules: which text is taken, and how many messages."""

import pytest

from chat import rules
from chat.engine.errors import Refused
from tests.asking import answered, begin, refused


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a" * 100_001, "too_long"),
        ("a\x00b", "bad_text"),
        ("a\x1bb", "bad_text"),
        ("\ud83d", "bad_text"),
    ],
)
def test_text_that_cannot_be_sent_is_refused(text, code):
    with refused(code):
        rules.check_text(text)


def test_the_refusal_of_a_long_text_says_both_numbers():
    with pytest.raises(Refused, match=r"100,001 characters; the limit is 100,000"):
        rules.check_text("a" * 100_001)


@pytest.mark.parametrize("text", ["a" * 100_000, "tab\there\r\nand there", "עברית العربية 👩‍👩‍👧‍👦 e\u0301"])
def test_long_texts_tabs_line_breaks_and_every_script_are_taken(text):
    rules.check_text(text)


@pytest.mark.django_db
def test_open_turns_per_person_are_limited(alice, bob, settings):
    settings.CHAT_MAX_OPEN_TURNS = 2
    begin(alice), begin(alice)
    with refused("too_many_turns") as refusal:
        rules.check_pace(alice)
    assert refusal.value.retry_after > 0
    rules.check_pace(bob)


@pytest.mark.django_db
def test_messages_per_minute_are_limited(alice, bob, settings):
    settings.CHAT_MESSAGES_PER_MINUTE = 2
    answered(alice), answered(alice)
    with refused("too_fast") as refusal:
        rules.check_pace(alice)
    assert 0 < refusal.value.retry_after <= 60
    rules.check_pace(bob)
