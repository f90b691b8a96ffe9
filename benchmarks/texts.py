"""Answers of 60,000 characters: mixed Markdown, and each kind of block that can stay open for long."""

from collections.abc import Callable
from itertools import count

LENGTH = 60_000  # characters


def text(kind: str, length: int = LENGTH) -> str:
    """So many characters of one kind."""
    made = ""
    for number in count():
        if len(made) >= length:
            break
        made += KINDS[kind](number)
    return made[:length]


def prose(number: int) -> str:
    return (
        f"In case {number} the **river** carries about {number % 90 + 10} tonnes of silt, *most* of it in spring; "
        f"`flow({number})` gives the rate and [the survey](https://example.org/{number}) its error. "
    )


def listed(number: int) -> str:
    return f"- Entry {number} with **weight** and `code({number})`, long enough to be a sentence.\n"


def row(number: int) -> str:
    head = "| Place | Range (m) | Note |\n|:--|--:|:-:|\n" if number == 0 else ""
    return f"{head}| Bay {number} | {number * 37 % 160 / 10} | **seen** {number % 28 + 1} times |\n"


def line(number: int) -> str:
    head = "```python\n" if number == 0 else ""
    return f'{head}    value_{number} = compute("{number}", scale={number % 7}.5)  # step {number}\n'


def mixed(number: int) -> str:
    code = "".join(line(n) for n in range(number * 12 + 1, number * 12 + 13))
    rows = "".join(row(n) for n in range(6))
    return (
        f"## Part {number}\n\n{prose(number) * 3}\n\n{''.join(listed(n) for n in range(6))}\n"
        f"```python\n{code}```\n\n{rows}\nWith $a_{{{number}}}^2 + b^2 = c^2$ and\n\n"
        f"$$\n\\sum_{{k=1}}^{{{number}}} k = \\frac{{n(n+1)}}{{2}}\n$$\n\n> {prose(number)}\n\n"
    )


KINDS: dict[str, Callable[[int], str]] = {
    "mixed Markdown": mixed,
    "one code block": line,
    "one paragraph": prose,
    "one list": listed,
    "one table": row,
}
