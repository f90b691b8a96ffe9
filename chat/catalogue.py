"""Ships the models and prices of ``catalogue.json``: the only place that adds either by itself."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from chat import ledger
from chat.engine import pricing
from chat.engine.pricing import FACTORS, RATES
from chat.models import LanguageModel, Price
from chat.models.catalogue import CATALOGUE

logger = logging.getLogger(__name__)


class ListPrices(NamedTuple):
    """Shipped prices that somebody should know of: they do not hold here, or will take the place of the site's own."""

    left_out: list[Price]
    taking_over: list[Price]


def load_catalogue() -> None:
    """Add the shipped models and prices that are missing; what an administrator changed stays as it is.

    A price that has begun is left out where it would change what a site's calls cost: where some of the model were
    charged, or where it has a price that was entered here; one to come where that is another than the list's. A model
    without any price gets all of its prices.
    """
    shipped = {entry["id"]: entry for entry in json.loads(CATALOGUE.read_text(encoding="utf-8"))}
    missing = shipped.keys() - set(LanguageModel.objects.values_list("id", flat=True))
    listed = _listed(shipped.values())
    LanguageModel.objects.bulk_create(
        LanguageModel(**{name: value for name, value in shipped[key].items() if name != "prices"}) for key in missing
    )
    kept = _kept(listed)
    for name in listed:
        _ship(listed[name], kept[name])


def list_prices() -> ListPrices:
    """What of the shipped prices nobody has answered yet: by a price from then on, or by deleting one to come."""
    listed = _listed(json.loads(CATALOGUE.read_text(encoding="utf-8")))
    kept = _kept(listed)
    found = ListPrices([], [])
    for name, prices in listed.items():
        if kept[name]:
            found.left_out.extend(_unanswered(_missing(prices, kept[name]), kept[name]))
            ours = {price.value for price in prices}
            to_come = [price for price in kept[name] if price.is_to_come and price.value in ours]
            found.taking_over.extend(to_come if _own(prices, kept[name]) else [])
    return found


def _listed(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[Price]]:
    return {entry["id"]: [_price(entry["id"], row) for row in entry["prices"]] for entry in entries}


def _kept(models: Iterable[str]) -> dict[str, list[Price]]:
    kept = defaultdict(list)
    for price in Price.objects.filter(model_id__in=list(models)):
        kept[price.model_id].append(price)
    return kept


def _ship(shipped: list[Price], kept: list[Price]) -> None:
    """Add what is missing of the prices of one model."""
    new = _missing(shipped, kept)
    if kept and _is_settled(shipped, kept):
        own = bool(_own(shipped, kept))
        left = [price for price in new if own or not price.is_to_come]
        new = [price for price in new if price not in left]
        _say_left_out(_unanswered(left, kept))
    Price.objects.bulk_create(new)


def _missing(shipped: list[Price], kept: list[Price]) -> list[Price]:
    known = {(price.valid_from, price.prompt_over) for price in kept}
    return [price for price in shipped if (price.valid_from, price.prompt_over) not in known]


def _is_settled(shipped: list[Price], kept: list[Price]) -> bool:
    """Whether calls of the model were charged, or one of its prices is not a shipped one."""
    ours = {price.value for price in shipped}
    return any(price.value not in ours for price in kept) or ledger.has_charged(kept[0].model_id)


def _own(shipped: list[Price], kept: list[Price]) -> list[pricing.Price]:
    """The prices that hold now, or will, that were entered here and are others than the list's at that time."""
    newest = max((price.valid_from for price in kept if not price.is_to_come), default=None)
    ours = [price.value for price in shipped]
    holding = [price.value for price in kept if price.is_to_come or price.valid_from == newest]
    return [each for each in holding if each not in ours and not _is_listed(each, ours)]


def _is_listed(price: pricing.Price, listed: list[pricing.Price]) -> bool:
    at = max(price.valid_from, timezone.now())
    theirs = pricing.price_for(listed, at=at, prompt=price.prompt_over + 1)
    return theirs is not None and replace(price, valid_from=theirs.valid_from) == theirs


def _unanswered(left: Iterable[Price], kept: list[Price]) -> list[Price]:
    """Those that no price of the site's has followed since, one to come none that is to come."""

    def answers(each: Price, price: Price) -> bool:
        return each.valid_from > price.valid_from and (price.is_to_come or not each.is_to_come)

    return [price for price in left if not any(answers(each, price) for each in kept)]


def _say_left_out(left: Iterable[Price]) -> None:
    """Log what to do about prices that would hold, now or when they begin."""
    for name, start, to_come in sorted({(price.model_id, price.valid_from, price.is_to_come) for price in left}):
        logger.warning(
            "The shipped price of %s from %s was left out: its calls were charged already, or it has prices that "
            "were entered here. If it should hold on this site, add it under Language models in the "
            "administration; %s.",
            name,
            f"{start:%Y-%m-%d}",
            "it may start on that day" if to_come else "it then starts when it is saved",
        )


def _price(model: str, row: Mapping[str, Any]) -> Price:
    numbers = {name: Decimal(row[name]) for name in RATES + FACTORS if row.get(name) is not None}
    start = datetime.fromisoformat(row["valid_from"]).replace(tzinfo=UTC)
    return Price(**{**row, **numbers, "model_id": model, "valid_from": start})
