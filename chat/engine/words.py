"""The words of a text and of what somebody searches for: one rule, whatever database keeps the index.

A word is a run of letters and digits, its case folded and its accents taken off: ``Café-Crème`` is ``cafe`` and
``creme``, ``STRASSE`` is ``strasse`` as ``Straße`` is. So are vowel points of Hebrew and Arabic taken off, and
characters that cannot be seen. Scripts without spaces between words (Chinese, Japanese, Thai and so on; Korean too,
whose words take endings) give each pair of neighbours, and the last character alone: ``中国人`` is ``中国``,
``国人`` and ``人``. So any part of such a run is found. Emoji and punctuation are no words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

LONGEST_WORD = 64
"""Characters of a word; of longer ones, such as keys and data, this much is the word."""
MOST_WORDS = 16_000
"""Words of a text. PostgreSQL knows 16,383 places in a text, and refuses one with more than a megabyte of words."""
MOST_CHARACTERS = 100_000
"""Characters of a text whose words are taken, counted before and after what is taken off."""
LONGEST_TERM, MOST_TERMS = 200, 20
"""Characters and words of what somebody searches for."""
SHORTEST_BEGINNING = 2
"""Letters of a last word that also stands for the words that begin with it."""

_UNSEEN = "\u00ad\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_ACCENTS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670" + _UNSEEN
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowels of Indic scripts are marks, which \w leaves out.
_VOWELS = "".join(
    chr(code) for code in (*range(0x900, 0x1C00), *range(0xA800, 0xAC00)) if unicodedata.category(chr(code))[0] == "M"
)
_ACCENT = re.compile(f"[{_ACCENTS}]+")
_WORD = re.compile(rf"[\w{_VOWELS}]+")
_WORD_AS_WRITTEN = re.compile(rf"[\w{_VOWELS}{_ACCENTS}]+")
_RUN = re.compile(f"[{_SPACELESS}]+")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"−": "-", "\0": " "})
_TERM = re.compile(r'(-?)"([^"]*)(?:"|$)|(-(?=[^-\s]))?([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other; of the last one only the beginning where it ``begins``.

    ``sought`` are the same as they stand in a text, without being cut into pairs.
    """

    words: tuple[str, ...]
    begins: bool
    sought: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """What somebody searches for: all ``wanted`` phrases and none of the ``unwanted``.

    ``cut``: there was more than is searched for.
    """

    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    cut: bool = False

    @property
    def problem(self) -> str:
        """Why there is nothing to search for, and what to do; empty where there is."""
        if self.wanted:
            return ""
        return (
            "Say also what to find, not only what to leave out."
            if self.unwanted
            else "A search needs a letter or a digit."
        )

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(word for phrase in self.wanted for word in phrase.sought)

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple(phrase.sought[-1] for phrase in self.wanted if phrase.begins)

    def marks(self, text: str) -> Iterator[tuple[int, int]]:
        """Where its words stand in ``text``, from start to end, in order."""
        for found in _WORD_AS_WRITTEN.finditer(text.replace("_", " ")):
            start, plain = found.start(), _plain(found[0])
            if plain in self._whole or plain.startswith(self._beginnings):
                yield found.span()
            elif _RUN.search(plain):
                inside = (span for word in self._whole if len(plain) == len(found[0]) for span in _places(word, plain))
                yield from ((start + first, start + last) for first, last in _apart(sorted(inside)))


def words(text: str) -> list[str]:
    """The words of a text in order, as far as they are kept (see the limits above)."""
    return _pairs(_plain(text[:MOST_CHARACTERS])[:MOST_CHARACTERS])[:MOST_WORDS]


def parse(term: str) -> Query:
    """What a person searches for: words, ``"phrases"``, ``-unwanted`` and ``-"unwanted phrases"``.

    A word with signs in it, such as ``wi-fi``, is a phrase. The last word also stands for those that begin with it.
    """
    wanted: dict[Phrase, None] = {}
    unwanted: dict[Phrase, None] = {}
    left = MOST_TERMS
    last = None
    for found in _TERM.finditer(term[:LONGEST_TERM].translate(_QUOTES)):
        quoted = found[4] is None
        phrase = _phrase(found[2] if quoted else found[4])
        if not phrase.words or left < len(phrase.words):
            left = left if not phrase.words else -1
            continue
        left -= len(phrase.words)
        (unwanted if found[1] or found[3] else wanted)[phrase] = None
        last = None if quoted or found[3] else phrase
    if last and len(last.words[-1]) >= SHORTEST_BEGINNING and not last.begins:
        wanted = {(Phrase(each.words, True, each.sought) if each == last else each): None for each in wanted}
    return Query(tuple(wanted), tuple(unwanted), cut=left < 0 or len(term) > LONGEST_TERM)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare).casefold()


def _pieces(plain: str) -> list[str]:
    spaced = plain if plain.isascii() else _RUN.sub(r" \g<0> ", plain)
    return _WORD.findall(spaced.replace("_", " "))


def _pairs(plain: str) -> list[str]:
    pieces = _pieces(plain)
    if plain.isascii() or not _RUN.search(plain):
        return [piece[:LONGEST_WORD] for piece in pieces]
    found: list[str] = []
    for piece in pieces:
        if _RUN.match(piece):
            found += [piece[place : place + 2] for place in range(len(piece))]
        else:
            found.append(piece[:LONGEST_WORD])
    return found


def _phrase(text: str) -> Phrase:
    plain = _plain(text)
    pieces, pairs = _pieces(plain), _pairs(plain)
    # The end of a run may stand in the middle of another one: a pair then, whose first character this is.
    run = bool(pieces) and _RUN.match(pieces[-1])
    if run and len(pieces[-1]) > 1:
        pairs.pop()
    return Phrase(tuple(pairs), bool(run) and len(pieces[-1]) == 1, tuple(piece[:LONGEST_WORD] for piece in pieces))


def _places(word: str, text: str) -> Iterator[tuple[int, int]]:
    return ((found.start(), found.end()) for found in re.finditer(re.escape(word), text))


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    end = 0
    for first, last in spans:
        if first >= end:
            yield first, last
            end = last
