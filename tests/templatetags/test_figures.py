"""Money, tokens and time as people read them."""

from decimal import Decimal

import pytest

from chat.templatetags.figures import factor, money, rate, seconds, tokens


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("12.345", "$12.34"),
        ("1234567.8", "$1,234,567.80"),
        ("1", "$1.00"),
        ("0.5", "$0.50"),
        ("0.0423", "$0.042"),
        ("0.004", "$0.004"),
        ("0.00421", "$0.0042"),
        ("0.000012", "$0.000012"),
        ("0.00996", "$0.01"),
        ("0.999", "$1.00"),
        ("0.0000004", "<$0.000001"),
        ("0", "$0.00"),
    ],
)
def test_it_shows_as_many_digits_as_matter(amount, shown):
    assert money(Decimal(amount)) == shown


def test_it_says_how_exact_an_amount_is():
    assert money(Decimal("0.1"), "estimated") == "~$0.10"
    assert money(Decimal("0.1"), "lower_bound") == "≥ $0.10"


def test_it_never_calls_an_unknown_cost_zero():
    assert money(None) == money(None, "estimated") == "unpriced"


@pytest.mark.parametrize(
    ("price", "shown"),
    [("2", "$2.00"), ("2.500000", "$2.50"), ("0.125", "$0.125"), ("0.0005", "$0.0005"), ("1E+3", "$1,000.00")],
)
def test_it_shows_a_price_exactly(price, shown):
    assert rate(Decimal(price)) == shown


@pytest.mark.parametrize(("number", "shown"), [("1.100", "×1.1"), ("2", "×2"), ("10.000", "×10"), (None, "–")])
def test_a_factor_is_shown_without_needless_zeros(number, shown):
    assert factor(number and Decimal(number)) == shown


def test_it_sets_thousands_apart():
    assert tokens(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("duration", "shown"), [(0.84, "0.8 s"), (9.94, "9.9 s"), (9.97, "10 s"), (59.4, "59 s"), (185, "3 min 5 s")]
)
def test_it_shows_durations(duration, shown):
    assert seconds(duration) == shown
