"""The most that a call can cost, known before it is made."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self

from chat.engine.pricing import Price

_MILLION = Decimal(1_000_000)
_ONE = Decimal(1)


class Size(NamedTuple):
    """What a call asks for: tokens of its prompt and of the longest answer."""

    prompt: int
    answer: int

    @classmethod
    def counted(cls, prompt: int, answer: int) -> Self:
        """With a twentieth more than was counted: the count is an estimate (reference: "Token counting")."""
        return cls(prompt + -(-prompt // 20), answer)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """USD: what the whole prompt costs at most, and each token of the answer."""

    sent: Decimal
    token: Decimal

    @classmethod
    def of(cls, price: Price, prompt: int) -> Self:
        """At a price: the prompt as its dearest class, all of it written to the cache as a rule.

        Where it is served is not ours to say, so it may be in the region that costs more.
        """
        region = max(price.us_factor or _ONE, _ONE)
        dearest = max(price.input, price.cache_write_5m, price.cache_read)
        return cls(prompt * dearest * region / _MILLION, price.output * region / _MILLION)

    def cost(self, answer: int) -> Decimal:
        """With an answer of so many tokens."""
        return self.sent + self.token * answer

    def affordable(self, amount: Decimal, longest: int) -> int:
        """Tokens of the longest answer, up to ``longest``, that an amount is enough for; 0 where none is."""
        if amount < self.sent:
            return 0
        return min(longest, int((amount - self.sent) // self.token)) if self.token else longest
