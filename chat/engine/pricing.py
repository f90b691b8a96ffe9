"""What tokens cost, in exact decimal arithmetic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from chat.engine.usage import Terms, Usage

TOKEN_RATES = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read")
TOOL_RATES = ("web_search", "web_fetch")
RATES = TOKEN_RATES + TOOL_RATES
FACTORS = ("us_factor", "fast_factor", "batch_factor")
_MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """USD per million tokens of each class; of server tools, per 1,000 requests."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    web_search: Decimal = Decimal(10)
    web_fetch: Decimal = Decimal(0)

    def cost(self, usage: Usage) -> Decimal:
        """USD for ``usage``, not rounded."""
        tokens = (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_write_5m * self.cache_write_5m
            + usage.cache_write_1h * self.cache_write_1h
            + usage.cache_read * self.cache_read
        )
        requests = usage.web_searches * self.web_search + usage.web_fetches * self.web_fetch
        return tokens / _MILLION + requests / _THOUSAND

    def saved(self, usage: Usage) -> Decimal:
        """USD that the cache saved: what its tokens would have cost as plain input, less what they did.

        Below zero where more was spent on writing to it, which costs more than plain input, than reading from it saved.
        """
        cached = usage.cache_write_5m + usage.cache_write_1h + usage.cache_read
        charged = (
            usage.cache_write_5m * self.cache_write_5m
            + usage.cache_write_1h * self.cache_write_1h
            + usage.cache_read * self.cache_read
        )
        return (cached * self.input - charged) / _MILLION

    def as_json(self) -> dict[str, str]:
        """The rates as strings, to be kept beside what they were charged for."""
        return {name: format(getattr(self, name).normalize(), "f") for name in RATES}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> "Rates":
        """What `as_json` gave; a rate that did not exist yet was nothing."""
        return Rates(**{name: Decimal(kept.get(name, 0)) for name in RATES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Rates):
    """The rates of a model from a moment and a prompt size on.

    The factors multiply the price of every token; one that is ``None`` is not known, so what is served on such terms
    has no price.
    """

    valid_from: datetime
    prompt_over: int = 0
    us_factor: Decimal | None = None
    fast_factor: Decimal | None = None
    batch_factor: Decimal | None = None

    def on(self, terms: Terms) -> Rates | None:
        """The rates for a call that was served on these terms; ``None`` where they are not known."""
        factors = {"us": self.us_factor, "fast": self.fast_factor, "batch": self.batch_factor}
        rates = {name: getattr(self, name) for name in RATES}
        for term in terms.special:
            factor = factors.get(term)
            if factor is None:
                return None
            rates |= {name: rates[name] * factor for name in TOKEN_RATES}
        return Rates(**rates)

    @classmethod
    def of(cls, row: object) -> Self:
        """The value of anything that has the same attributes."""
        names = ("valid_from", "prompt_over", *RATES, *FACTORS)
        return cls(**{name: getattr(row, name) for name in names})


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
