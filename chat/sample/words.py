"""The words that texts and names are made of, by their kind, from ``words.txt``."""

from collections import defaultdict
from pathlib import Path


def _read() -> dict[str, list[str]]:
    words: defaultdict[str, list[str]] = defaultdict(list)
    for line in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines():
        kind, _, listed = line.partition(": ")
        words[kind] += [word.replace("_", " ") for word in listed.split()]
    return dict(words)


WORDS = _read()
