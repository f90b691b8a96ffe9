"""What people ask and what they are answered: sentences of common words and rare ones, so that search has work."""

from itertools import accumulate
from random import Random

from chat.sample.words import WORDS

_QUESTIONS = (
    "Could you help me with {}?",
    "Please summarise {} in three points.",
    "What is wrong with {}? It worked yesterday.",
    "Rewrite {} so that it is half as long.",
    "Explain {} to somebody who is new here.",
    "How would you improve {}?",
    "Translate {} into German, and keep the tone.",
    "Give me five ideas for {}.",
    "Compare two ways to do {}.",
    "Is there a risk in {} that I do not see?",
)
_OPENINGS = ("Certainly. ", "Here is a way to look at it. ", "Yes, and it is worth a moment. ", "", "", "In short: ")
_MORE = ("And", "Thanks. Now", "One more thing:", "Good, but", "Hm,")
_SYLLABLES = ("onset", "vowel", "onset", "vowel", "coda")
SENTENCES = 20_000
RARE = 30_000


class Texts:
    """Texts of varying length. The same source of chance gives the same texts."""

    def __init__(self, random: Random) -> None:
        self._random = random
        rare = ["".join(random.choice(WORDS[kind]) for kind in _SYLLABLES) for _ in range(RARE)]
        # The second word is said half as often as the first, the third a third as often, and so on.
        zipf = list(accumulate(1 / rank for rank in range(1, RARE + 1)))
        self._sentences = [self._sentence(word) for word in random.choices(rare, cum_weights=zipf, k=SENTENCES)]

    def topic(self) -> str:
        """What a conversation is about."""
        return self._random.choice(WORDS["topic"])

    def title(self, topic: str) -> str:
        """A title of a conversation."""
        first, second = self._random.sample(WORDS["noun"], 2)
        return f"{topic[0].upper()}{topic[1:]}: {first} and {second}"

    def question(self, topic: str, number: int) -> str:
        """The question of this number (from 0) about a topic: mostly a line, now and then with something long."""
        chance = self._random
        asked = chance.choice(_QUESTIONS).format(topic)
        opened = asked if number == 0 else f"{chance.choice(_MORE)} {asked[0].lower()}{asked[1:]}"
        if chance.random() < 0.12:
            opened += "\n\n" + self._paragraph(chance.randint(2, 12))
        if chance.random() < 0.1:
            opened += f" It is ticket {chance.randrange(10**6):06}."
        return opened

    def answer(self) -> str:
        """An answer of one to many paragraphs."""
        sentences = min(60, max(1, round(self._random.lognormvariate(1.7, 0.8))))
        opening = self._random.choice(_OPENINGS)
        if sentences < 9:
            return opening + self._paragraph(sentences)
        parts = [self._paragraph(4) for _ in range(sentences // 4)]
        return opening + "\n\n".join(f"- {part}" if self._random.random() < 0.2 else part for part in parts)

    def _paragraph(self, sentences: int) -> str:
        return " ".join(self._random.choices(self._sentences, k=sentences))

    def _sentence(self, rare: str) -> str:
        chance = self._random
        common = chance.choices(WORDS["noun"], k=4)
        first, second = chance.choices(WORDS["adjective"], k=2)
        verb = chance.choice(WORDS["verb"])
        end = f" by {chance.randint(2, 98)} %" if chance.random() < 0.15 else f" for the {common[3]}"
        return f"The {first} {common[0]} of the {rare} {common[1]} {verb} a {second} {common[2]}{end}."
