"""Generators of large answers: the same name and size always give the same text of exactly that many characters."""

import random
from collections.abc import Callable, Iterator
from functools import lru_cache

VOCABULARY = """river stone lantern window morning paper quiet engine harbour signal copper garden winter ladder thread
maple between under after while often never slowly clearly almost the a of in to and that was is it for on as with"""
WORDS = VOCABULARY.split()
EXOTIC = (
    "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👍🏽 e\u0301 n\u0303 שלום مرحبا 日本語 हिन्दी 🇯🇵 ﷺ 𝔘𝔫𝔦 Z\u0351\u036b"
)
UNICODE = EXOTIC.split()
SEED = 20261121


def sentence(source: random.Random) -> str:
    """Six to sixteen words and a full stop."""
    words = source.choices(WORDS, k=source.randint(6, 16))
    return " ".join(words).capitalize() + "."


def words(source: random.Random) -> Iterator[str]:
    """Paragraphs of plain prose."""
    while True:
        yield " ".join(sentence(source) for _ in range(source.randint(3, 6))) + "\n\n"


def paragraph(source: random.Random) -> Iterator[str]:
    """One paragraph without an end."""
    while True:
        yield sentence(source) + " "


def code(source: random.Random) -> Iterator[str]:
    """One fenced block of Python without an end."""
    yield "```python\n"
    number = 0
    while True:
        name, other = source.choices(WORDS, k=2)
        yield f"def {name}_{number}({other}: int) -> int:\n"
        yield f'    """{sentence(source)}"""\n'
        yield f"    return {other} * {source.randint(2, 99)} + {number}  # {source.choice(WORDS)}\n\n\n"
        number += 1


def table(source: random.Random, rows: int) -> str:
    """A table of three columns."""
    lines = [f"| {source.choice(WORDS)} | {source.randint(1, 999)} | {source.choice(WORDS)} |" for _ in range(rows)]
    return "\n".join(["| Name | Count | Note |", "|---|---:|---|", *lines]) + "\n\n"


def snippet(source: random.Random) -> str:
    """A short fenced block of JavaScript."""
    name = source.choice(WORDS)
    line = f"const {name} = [1, 2, 3].map((n) => n * {source.randint(2, 9)});"
    return f"```javascript\n{line}\nconsole.log({name});\n```\n\n"


def markdown(source: random.Random) -> Iterator[str]:
    """A bit of everything: headings, prose, lists, tables, code, maths."""
    chapter = 0
    while True:
        chapter += 1
        yield f"## {chapter}. {sentence(source)[:-1]}\n\n"
        yield f"{sentence(source)} **{source.choice(WORDS)}** and *{source.choice(WORDS)}*. {sentence(source)}\n\n"
        yield "".join(f"- {sentence(source)}\n" for _ in range(source.randint(3, 6))) + "\n"
        yield source.choice((snippet(source), table(source, 4), f"$$x_{{{chapter}}} = \\frac{{{chapter}}}{{2}}$$\n\n"))


def unicode(source: random.Random) -> Iterator[str]:
    """Words mixed with joined emoji, right-to-left letters, combining marks and astral letters."""
    while True:
        yield " ".join(source.choice(UNICODE if source.random() < 0.5 else WORDS) for _ in range(12)) + ".\n"


GENERATORS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    each.__name__: each for each in (words, paragraph, code, markdown, unicode)
}


@lru_cache(maxsize=64)
def generate(name: str, size: int) -> str:
    """The first `size` characters of generator `name`; KeyError when there is none of that name."""
    source = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    found: list[str] = []
    length = 0
    for piece in GENERATORS[name](source):
        if length >= size:
            break
        found.append(piece)
        length += len(piece)
    return "".join(found)[:size]
