"""Ships the models and prices of ``catalogue.json``: the only place that adds either by itself."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chat import ledger
from chat.engine.pricing import FACTORS, RATES
from chat.models import LanguageModel, Price
from chat.models.catalogue import CATALOGUE

logger = logging.getLogger(__name__)


def load_catalogue() -> None:
    """Add the shipped models and prices that are missing; what an administrator changed stays as it is.

    A price that has begun is left out where it would change what a site's calls cost: where some of the model were
    charged, or where it has a price that was entered here. A model without any price gets all of its prices.
    """
    shipped = {entry["id"]: entry for entry in json.loads(CATALOGUE.read_text(encoding="utf-8"))}
    prices = {name: [_price(name, row) for row in entry.pop("prices")] for name, entry in shipped.items()}
    missing = shipped.keys() - set(LanguageModel.objects.values_list("id", flat=True))
    LanguageModel.objects.bulk_create(LanguageModel(**shipped[name]) for name in missing)
    kept = defaultdict(list)
    for price in Price.objects.filter(model_id__in=shipped):
        kept[price.model_id].append(price)
    for name in shipped:
        _ship(prices[name], kept[name])


def _ship(shipped: list[Price], kept: list[Price]) -> None:
    """Add what is missing of the prices of one model."""
    known = {(price.valid_from, price.prompt_over) for price in kept}
    new = [price for price in shipped if (price.valid_from, price.prompt_over) not in known]
    begun = [price for price in new if not price.is_to_come]
    if begun and kept and _is_settled(shipped, kept):
        new = [price for price in new if price not in begun]
        _say_left_out(begun, kept)
    Price.objects.bulk_create(new)


def _is_settled(shipped: list[Price], kept: list[Price]) -> bool:
    """Whether calls of the model were charged, or one of its prices is not a shipped one."""
    ours = {price.value for price in shipped}
    return any(price.value not in ours for price in kept) or ledger.has_charged(kept[0].model_id)


def _say_left_out(begun: Iterable[Price], kept: Iterable[Price]) -> None:
    """Log what to do about prices that would hold now; where a later one has begun, there is nothing to do."""
    newest = max((price.valid_from for price in kept if not price.is_to_come), default=None)
    for name, start in sorted({(price.model_id, price.valid_from) for price in begun}):
        if newest is None or start >= newest:
            logger.warning(
                "The shipped price of %s from %s was left out: its calls were charged already, or it has prices that "
                "were entered here. If it should hold on this site, add it under Language models in the "
                "administration; it then starts when it is saved.",
                name,
                f"{start:%Y-%m-%d}",
            )


def _price(model: str, row: Mapping[str, Any]) -> Price:
    numbers = {name: Decimal(row[name]) for name in RATES + FACTORS if row.get(name) is not None}
    start = datetime.fromisoformat(row["valid_from"]).replace(tzinfo=UTC)
    return Price(**{**row, **numbers, "model_id": model, "valid_from": start})
