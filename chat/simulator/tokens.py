"""How the simulator cuts text into tokens: one rule for pieces on the wire, for count_tokens and for the bill."""

import re
from functools import lru_cache

# At most five visible characters with the blank before them, or a run of up to four blanks: about 4.5 characters a
# token in English. Greedy from the left, so the tokens of a text cut at a token boundary are the same tokens.
TOKEN = re.compile(r" ?\S{1,5}|\s{1,4}")


def split(text: str) -> list[str]:
    """The tokens of `text`, in order; joined they give `text` again."""
    return TOKEN.findall(text)


@lru_cache(maxsize=8192)
def count(text: str) -> int:
    """Number of tokens in `text`; 0 for the empty text."""
    return len(TOKEN.findall(text))
