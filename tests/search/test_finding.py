"""What a term finds: the same on every database."""

import pytest
from django.db import connection

from chat import search
from chat.models import Conversation
from chat.search import finding
from tests.spending import conversation_of, message_in, turn_in

pytestmark = pytest.mark.django_db

TEXTS = {
    "Light": "Rayleigh scattering makes the blue sky.",
    "Bread": "100% hydration, a Café-Crème beside it",
    "Street": "Die Straße, and snake_case code",
    "中文": "我喜欢学习中文和编程",
    "שלום": "العَرَبِيَّة for you",
}


@pytest.fixture
def chats(alice):
    for title, text in TEXTS.items():
        message_in(conversation_of(alice, turns=0, title=title), None, "assistant", text)


def found(term, **scope):
    """The titles of what a term finds."""
    hits = search.find(term, **scope)
    return {conversation.title for conversation in Conversation.objects.filter(hits.found)}


@pytest.mark.parametrize(
    ("term", "titles"),
    [
        ("rayleigh", {"Light"}),
        ("RAYLEIGH blue", {"Light"}),
        ("rayleigh hydration", set()),
        ("light", {"Light"}),
        ("light rayleigh", set()),
        ('"blue sky"', {"Light"}),
        ('"sky blue"', set()),
        ('"makes blue"', set()),
        ("scat", {"Light"}),
        ("scat blue", set()),
        ("blue -sky", set()),
        ("the -hydration", {"Light"}),
        ('the -"blue sky"', set()),
        ('the -"sky blue"', {"Light"}),
        ("cafe creme", {"Bread"}),
        ("CAFÉ-CRÈME", {"Bread"}),
        ("100%", {"Bread"}),
        ("strasse", {"Street"}),
        ("STRAẞE", {"Street"}),
        ("snake_case", {"Street"}),
        ("case", {"Street"}),
        ("中文", {"中文"}),
        ("中", {"中文"}),
        ("学习中文", {"中文"}),
        ("学中", set()),
        ("编程", {"中文"}),
        ("שָׁלוֹם", {"שלום"}),
        ("العربية", {"שלום"}),
        ("OR", set()),
        ("blue OR bread", set()),
        ("words:blue", set()),
        ("_1", set()),
        ("'\"\\;--", set()),
        ("( { [ ^ * : & | ! < - > ~", set()),
        ("blue\0sky", {"Light"}),
        ("🌈" * 500, set()),
        ("", set()),
        ("x" * 10_000, set()),
        ("blue " * 2_000, {"Light"}),
        ('"' * 10_001, set()),
        ("-" * 10_000, set()),
    ],
)
def test_a_term_finds(chats, term, titles):
    assert found(term) == titles


def test_a_term_finds_in_a_million_ways_without_an_error(chats):
    for sign in "\"'\\()[]{}<>:;&|!*?^~-+=%_@#$\0\n\t\u202e\ufffe\U0010ffff":
        for term in (sign, f"{sign}blue", f"blue{sign}", f"blue {sign} sky", f'"{sign}" -{sign}"', sign * 300):
            found(term)


def test_all_words_must_be_in_one_message(alice):
    chat = conversation_of(alice, turns=0, title="Two")
    turn_in(chat, None, "apples", "oranges")
    assert found("apples oranges") == set()
    assert found("apples") == found("oranges") == {"Two"}


def test_an_owner_finds_only_what_is_theirs(alice, bob):
    for owner, title in ((alice, "Her bees"), (bob, "His bees")):
        conversation_of(owner, title=title)
    assert found("bees", owners=[alice.pk]) == {"Her bees"}
    assert found('"his bees"', owners=[alice.pk]) == set()
    assert found("bees") == found("bees", owners=[alice.pk, bob.pk]) == {"Her bees", "His bees"}
    assert found("bees -her", owners=[alice.pk, bob.pk]) == {"His bees"}
    assert found("bees", owners=[]) == set()


def test_each_conversation_has_its_newest_message(alice):
    chat = conversation_of(alice, turns=0, title="Bees")
    message_in(chat, None, "user", "bees")
    newest = message_in(chat, None, "assistant", "more bees")
    message_in(chat, None, "user", "wasps")
    titled = conversation_of(alice, turns=0, title="Also bees")
    hits = search.find("bees")
    assert hits.messages([chat.pk, titled.pk]) == {chat.pk: newest.pk}
    assert hits.messages([titled.pk]) == {}


def test_of_very_many_messages_the_newest_are_found(alice, monkeypatch):
    monkeypatch.setattr(finding, "MOST", 3)
    monkeypatch.setattr(finding, "SAMPLE", 100)
    for number in range(9):
        conversation_of(alice, turns=0, title=f"Bees {number}")
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE chat_searchentry")
    assert found("bees") == {"Bees 6", "Bees 7", "Bees 8"}
    assert "Add a rarer word" in search.find("bees").note
    assert found("bees", owners=[alice.pk]) == {"Bees 6", "Bees 7", "Bees 8"}
    assert found('"bees 1"') == {"Bees 1"}


@pytest.mark.parametrize(
    ("term", "note"), [("🌈", "a letter or a digit"), ("-bees", "what to find"), ("bees " * 50, "Only the first")]
)
def test_it_says_what_is_wrong_with_a_term(db, term, note):
    assert note in search.find(term).note
