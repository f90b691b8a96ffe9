"""Which model is asked when, and at which price: the catalogue's models come and go, one of them has no price."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any

from chat.engine.charge import Charge, charge
from chat.engine.pricing import Price, price_for
from chat.models import LanguageModel
from chat.models import Price as PriceRow
from chat.models.catalogue import alias_of

UNPRICED = "claude-orbit-6-preview"
_NEWEST = 2**62
# Model, how often it is asked, and from which of our sonnets' days on it is asked less.
_MIX = (
    ("claude-sonnet-5-5", 46, None),
    ("claude-opus-5-5", 19, None),
    ("claude-haiku-5-5", 14, None),
    ("claude-fable-5-2", 2, None),
    ("claude-sonnet-5", 40, "claude-sonnet-5-5"),
    ("claude-opus-5", 18, "claude-opus-5-5"),
    ("claude-sonnet-4-6", 12, "claude-sonnet-5-5"),
    ("claude-haiku-4-5", 16, "claude-haiku-5-5"),
    ("claude-fable-5-1", 2, "claude-fable-5-2"),
)
_SNAPSHOTS = {"claude-haiku-4-5": "claude-haiku-4-5-20251001"}
_LEFT = 0.08  # of what it was asked before its successor came


class Models:
    """What people choose at a moment, and what it costs."""

    def __init__(self, now: datetime, unpriced_since: datetime) -> None:
        LanguageModel.objects.get_or_create(
            pk=UNPRICED,
            defaults={
                "label": "Claude Orbit 6 (preview)",
                "context_tokens": 1_000_000,
                "max_output_tokens": 128_000,
                "enabled": False,
                "position": 900,
            },
        )
        self._prices: defaultdict[str, list[Price]] = defaultdict(list)
        for row in PriceRow.objects.filter(valid_from__lte=now):
            self._prices[row.model_id].append(row.value)
        self._unpriced_since = unpriced_since.timestamp()
        starts = sorted({price.valid_from for prices in self._prices.values() for price in prices})
        self._starts = [start.timestamp() for start in starts] + [_NEWEST]
        self._first = starts[0] if starts else now
        self._mix = lru_cache(self._mixed)

    def asked(self, at: float, random: Random) -> str:
        """The id of a model that somebody chooses at this moment."""
        if at >= self._unpriced_since and random.random() < 0.012:
            return UNPRICED
        names, weights = self._mix(bisect(self._starts, at))
        return random.choices(names, cum_weights=weights)[0]

    def for_titles(self, at: float) -> str:
        """The small model that gives titles at this moment."""
        names, _ = self._mix(bisect(self._starts, at))
        return "claude-haiku-5-5" if "claude-haiku-5-5" in names else "claude-haiku-4-5"

    def answering(self, asked: str) -> str:
        """What the API says answered."""
        return _SNAPSHOTS.get(asked, asked)

    def charged(self, answered: str, at: datetime, raw: Mapping[str, Any]) -> Charge | None:
        """What a call costs, by the rules of the ledger: where no price had begun, the first that did later."""
        return charge(raw, lambda model, prompt: self._price(alias_of(model or answered), at, prompt))

    def _price(self, model: str, at: datetime, prompt: int) -> Price | None:
        prices = self._prices[model]
        first = min((price.valid_from for price in prices), default=at)
        return price_for(prices, at=max(at, first), prompt=prompt)

    def _mixed(self, started: int) -> tuple[list[str], list[float]]:
        until = self._starts[started - 1] if started else self._first.timestamp()
        known = {
            model
            for model, prices in self._prices.items()
            if any(price.valid_from.timestamp() <= until for price in prices)
        }
        mix = [(name, weight * (_LEFT if after in known else 1)) for name, weight, after in _MIX if name in known]
        return [name for name, _ in mix], list(accumulate(weight for _, weight in mix))
