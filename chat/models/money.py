"""US dollars, stored as whole picodollars so that sums are exact on every database."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, TypeVar

from django.db import models

_Set = TypeVar("_Set", contravariant=True)
_Get = TypeVar("_Get", covariant=True)

PICO = Decimal(10) ** 12


def rounded(amount: Decimal) -> Decimal:
    """As much of an amount as is kept: whole picodollars."""
    return (amount * PICO).to_integral_value(ROUND_HALF_EVEN) / PICO


def exact_usd(amount: Decimal) -> str:
    """An amount to the last digit, without a sign: ``0.0035``."""
    return format(amount.normalize(), "f")


class UsdField(models.BigIntegerField[_Set, _Get]):
    """A `Decimal` amount of USD with 12 decimal places, up to 9 million.

    SQLite adds decimals as floating point numbers; whole numbers it adds exactly. Twelve places hold a price per
    million tokens with six places times any number of tokens without rounding.
    """

    # What django-stubs reads to know an empty amount from one that is never empty.
    _pyi_private_set_type: Decimal | int  # type: ignore[assignment]
    _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        return None if value is None else Decimal(value) / PICO

    def to_python(self, value: Any) -> Decimal | None:
        return None if value in (None, "") else Decimal(value)

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        return int(rounded(Decimal(value)) * PICO)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> int | None:
        return value if prepared else self.get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)
