"""What a call is charged: its usage, part by part, at the rates of the moment; and the same once more, as a proof."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from chat.engine.pricing import Price, Rates
from chat.engine.usage import Part, Terms, Usage, is_readable, parts, uses_other_tools

NOTHING = Usage()


class Charge(NamedTuple):
    """USD, and the rates it was made with in the form that is kept: one set, or one for each of ``iterations``."""

    cost: Decimal
    price: Mapping[str, Any] | None


def charge(raw: Mapping[str, Any], find: Callable[[str, int], Price | None]) -> Charge | None:
    """What the API's merged usage object ``raw`` costs; ``None`` where a part of it has no price.

    ``find`` gives the price of a model (an empty name is the model that answered) for a prompt of so many tokens. What
    used nothing costs nothing, whatever the price. A request to a tool that `Usage` does not count has no price, and
    neither has what is no count where one should be.
    """
    if uses_other_tools(raw) or not is_readable(raw):
        return None
    terms = Terms.from_api(raw)
    cost = Decimal(0)
    kept: list[Mapping[str, Any] | None] = []
    for model, usage in parts(raw):
        price = find(model, usage.prompt)
        rates = price.on(terms) if price else None
        if rates is None and usage != NOTHING:
            return None
        cost += rates.cost(usage) if rates else 0
        kept.append(rates.as_json() if rates else None)
    same = all(each == kept[0] for each in kept)
    return Charge(cost, kept[0] if same else {"iterations": kept})


class Run(NamedTuple):
    """A part of a call with the rates it was charged at; without these where it has no price, or used nothing."""

    part: Part
    rates: Rates | None


def runs(raw: Mapping[str, Any], price: Mapping[str, Any] | None) -> list[Run]:
    """What was priced one by one of a merged usage object, with the rates that a `Charge` kept."""
    found = parts(raw)
    if price is None:
        return [Run(part, None) for part in found]
    kept = price["iterations"] if "iterations" in price else [price] * len(found)
    return [Run(part, Rates.from_json(rates) if rates else None) for part, rates in zip(found, kept, strict=False)]


def cost_again(usage: Usage, raw: Mapping[str, Any], price: Mapping[str, Any]) -> Decimal:
    """The cost of ``usage``, which was read from ``raw``, at the rates that a `Charge` kept."""
    return sum((rates.cost(part) for part, rates in _charged(usage, raw, price)), Decimal(0))


def saved(usage: Usage, raw: Mapping[str, Any], price: Mapping[str, Any]) -> Decimal:
    """USD that the cache saved, or below zero cost, at the same rates: see `Rates.saved`."""
    return sum((rates.saved(part) for part, rates in _charged(usage, raw, price)), Decimal(0))


def _charged(usage: Usage, raw: Mapping[str, Any], price: Mapping[str, Any]) -> list[tuple[Usage, Rates]]:
    if "iterations" not in price:
        return [(usage, Rates.from_json(price))]
    return [(part.usage, rates) for part, rates in runs(raw, price) if rates]
