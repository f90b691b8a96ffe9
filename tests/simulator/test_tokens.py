"""One rule cuts text for the wire, the bill and count_tokens."""

from hypothesis import given
from hypothesis import strategies as st

from chat.simulator import count, split


@given(st.text())
def test_the_tokens_of_a_text_join_to_the_text(text):
    assert "".join(split(text)) == text
    assert count(text) == len(split(text))


@given(st.text(alphabet=st.sampled_from("ab \n\tשe\u0301👩\u200d👧")), st.integers(0, 50))
def test_a_text_cut_between_tokens_has_the_same_tokens(text, cut):
    pieces = split(text)[:cut]
    assert split("".join(pieces)) == pieces


def test_an_english_token_is_about_four_and_a_half_characters():
    text = "The quick brown fox jumps over the lazy dog while nobody in particular is watching. " * 20
    assert 3.5 < len(text) / count(text) < 5
