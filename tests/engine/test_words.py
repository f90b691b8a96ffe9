"""What a word is, what a term asks for, and where it stands in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.engine.words import LONGEST_WORD, MOST_TERMS, MOST_WORDS, parse, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quick, brown fox.", "the quick brown fox"),
        ("Café-Crème À LA CARTE", "cafe creme a la carte"),
        ("cafe\u0301", "cafe"),
        ("STRASSE Straße", "strasse strasse"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
        ("İstanbul", "istanbul"),
        ("ﬁne ４２", "fine 42"),
        ("snake_case/kebab-case.py", "snake case kebab case py"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("שָׁלוֹם עולם", "שלום עולם"),
        ("العَرَبِيَّة", "العربية"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("中国人", "中国 国人 人"),
        ("用Python编程", "用 python 编程 程"),
        ("ｶﾞｷﾞ", "ガギ ギ"),
        ("한국어", "한국 국어 어"),
        ("🌈 – … !?", ""),
        ("\0", ""),
    ],
)
def test_words_of_a_text(text, expected):
    assert words(text) == expected.split()


def asked(query):
    """A query in short: words of a phrase with dots between, ``*`` where it begins so."""
    said = lambda phrase: ".".join(phrase.words) + "*" * phrase.begins  # noqa: E731
    return " ".join([*map(said, query.wanted), *(f"-{said(phrase)}" for phrase in query.unwanted)])


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("sky", "sky*"),
        ("blue sky", "blue sky*"),
        ('"blue sky" now', "blue.sky now*"),
        ('now "blue sky"', "now blue.sky"),
        ('"blue sk', "blue.sk"),
        ("b", "b"),
        ("“blue sky”", "blue.sky"),
        ("wi-fi", "wi.fi*"),
        ("a.b@example.org", "a.b.example.org*"),
        ("sky -clouds", "sky -clouds"),
        ('sky -"grey clouds"', "sky -grey.clouds"),
        ("sky - clouds -- 5", "sky clouds 5"),
        ("sky sky", "sky*"),
        ("AND OR NOT NEAR(a b) col:x*", "and or not near.a b col.x"),
        ("100%", "100*"),
        ("中国人", "中国.国人*"),
        ("中", "中*"),
        ("中 foo", "中* foo*"),
        ("'; DROP TABLE x; --", "drop table x"),
        ("&|!():*<->", ""),
        ("🌈" * 500, ""),
        ("", ""),
    ],
)
def test_a_term_asks_for_words_phrases_and_beginnings(term, expected):
    assert asked(parse(term)) == expected


@pytest.mark.parametrize(
    ("term", "problem"), [("sky", ""), ("%", "a letter or a digit"), ("", "a letter"), ("-sky", "what to find")]
)
def test_a_term_that_asks_for_nothing_says_why(term, problem):
    assert problem in parse(term).problem
    assert bool(problem) == bool(parse(term).problem)


def test_a_long_term_is_cut_and_says_so():
    assert not parse("word " * 20).cut
    assert parse("word1 word2 " * 100).cut
    many = parse(" ".join(f"w{number}" for number in range(40)))
    assert (many.cut, len(many.wanted)) == (True, MOST_TERMS)
    assert parse("x" * 10_000).wanted[0].words == ("x" * LONGEST_WORD,)


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("sky", "Blue SKY and skyline", ["SKY", "skyline"]),
        ("creme", "Café-Crème", ["Crème"]),
        ('"blue sky"', "a sky is blue", ["sky", "blue"]),
        ("-blue sky", "a blue sky", ["sky"]),
        ("foo", "snake_foo", ["foo"]),
        ("国人", "中国人民和国人", ["国人", "国人"]),
        ("用Python编程", "我用python编程", ["用", "python", "编程"]),
        ("cafe", "cafe\u0301!", ["cafe\u0301"]),
        ("%", "100 %", []),
    ],
)
def test_it_finds_the_places_in_a_text(term, text, expected):
    assert [text[start:end] for start, end in parse(term).marks(text)] == expected


@given(st.text(), st.text())
def test_no_text_and_no_term_is_too_odd(text, term):
    assert all(0 < len(word) <= LONGEST_WORD for word in words(text))
    assert not set("'\"\\ _&|!():*<>\0") & set("".join(words(text)))
    query = parse(term)
    assert sum(len(phrase.words) for phrase in (*query.wanted, *query.unwanted)) <= MOST_TERMS
    end = 0
    for first, last in query.marks(text):
        assert end <= first < last <= len(text)
        end = last


@given(st.text(min_size=1))
def test_every_text_is_found_by_itself(text):
    kept = words(text)
    for phrase in parse(f'"{text[:40]}"').wanted:
        assert " ".join(kept).startswith(" ".join(phrase.words)) or set(phrase.words) <= set(kept)


@pytest.mark.parametrize(
    "text", ["word " * 100_000, "中" * 200_000, "\ufdfa" * 100_000, "𝒳" * 100_000, "ab1 " * 90_000]
)
def test_of_a_long_text_so_much_is_kept_that_every_database_takes_it(text):
    kept = words(text)
    assert len(kept) <= MOST_WORDS
    assert sum(len(word.encode()) + 8 for word in kept) < 1_000_000
