"""Money, tokens and time as people read them."""

from decimal import ROUND_HALF_EVEN, Decimal

from django import template

register = template.Library()

SMALLEST = Decimal("0.000001")
_PREFIXES = {"estimated": "~", "lower_bound": "≥ "}


@register.filter
def money(amount: Decimal | None, exactness: str = "exact") -> str:
    """USD with as many digits as matter: ``$12.35``, ``$0.0042``, ``~$0.10`` if estimated; ``None`` is ``unpriced``."""
    if amount is None:
        return "unpriced"
    return _PREFIXES.get(exactness, "") + _dollars(Decimal(amount))


@register.filter
def rate(amount: Decimal) -> str:
    """A price in USD, exactly and with at least two decimals: ``$2.50``, ``$0.125``."""
    places = max(2, -int(Decimal(amount).normalize().as_tuple().exponent))
    return f"${amount:,.{places}f}"


@register.filter
def factor(number: Decimal | None) -> str:
    """What a price is multiplied by: ``×1.1``; a dash where that is not known."""
    return "–" if number is None else f"×{Decimal(number).normalize():f}"


@register.filter
def tokens(count: int) -> str:
    """A whole number with its thousands apart: ``1,204``."""
    return f"{count:,}"


@register.filter
def short(count: float) -> str:
    """A large whole number in three digits: ``1.2K``, ``34.1M``, ``950``."""
    for power, unit in ((9, "B"), (6, "M"), (3, "K")):
        if abs(count) >= 0.9995 * 10**power:
            return f"{float(count) / 10**power:.3g}{unit}"
    return f"{count:,.0f}"


@register.filter
def signed(amount: Decimal) -> str:
    """USD with its sign: ``+$1.20``, ``−$0.03``."""
    return f"{'−' if amount < 0 else '+' if amount else ''}{_dollars(abs(Decimal(amount)))}"


@register.filter
def seconds(duration: float) -> str:
    """A duration: ``0.8 s``, ``42 s``, ``3 min 5 s``."""
    if duration < 9.95:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def per_second(number: float) -> str:
    """A speed: ``78 / s``."""
    return f"{number:,.0f} / s"


@register.filter
def words(listed: str) -> list[str]:
    """What stands between commas."""
    return listed.split(",")


def _dollars(amount: Decimal) -> str:
    if 0 < amount < SMALLEST:
        return f"<${SMALLEST:f}"
    if amount == 0:
        return "$0.00"
    places = max(2, 1 - amount.adjusted())
    whole, _, digits = f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN):,f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(2, '0')}"
