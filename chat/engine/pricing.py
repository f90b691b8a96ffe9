"""What tokens cost, in exact decimal arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chat.engine.usage import Usage

RATES = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "web_search")
_MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1_000)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of each class (``web_search``: per 1,000 searches), from a moment and a prompt size on."""

    valid_from: datetime
    input: Decimal
    output: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    web_search: Decimal = Decimal(10)
    prompt_over: int = 0

    def cost(self, usage: Usage) -> Decimal:
        """USD for ``usage``, not rounded."""
        tokens = (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_write_5m * self.cache_write_5m
            + usage.cache_write_1h * self.cache_write_1h
            + usage.cache_read * self.cache_read
        )
        return tokens / _MILLION + usage.web_searches * self.web_search / _THOUSAND

    def as_json(self) -> dict[str, str]:
        """The rates as strings, to be kept beside what they were charged for."""
        return {name: format(getattr(self, name).normalize(), "f") for name in RATES}


def price_for(prices: Iterable[Price], *, at: datetime, prompt: int) -> Price | None:
    """The price that holds at a moment for a prompt of so many tokens, or ``None`` where there is none.

    The newest start wins; among its bands the highest that the prompt exceeds, which then holds for every token of
    the call (haiku-5-5's overview page: the band is by prompt size, not marginal).
    """
    started = [price for price in prices if price.valid_from <= at]
    if not started:
        return None
    newest = max(price.valid_from for price in started)
    bands = [price for price in started if price.valid_from == newest and prompt_reaches(price, prompt)]
    return max(bands, key=lambda price: price.prompt_over, default=None)


def prompt_reaches(price: Price, prompt: int) -> bool:
    """Whether a prompt of so many tokens falls into the band of ``price``."""
    return price.prompt_over == 0 or prompt > price.prompt_over
