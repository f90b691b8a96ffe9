"""The shipped catalogue: it adds what is missing, and never what would change the past of a site."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from chat import ledger
from chat.catalogue import list_prices, load_catalogue
from chat.models import LanguageModel, Price
from chat.models.catalogue import CATALOGUE
from tests.spending import record_of

pytestmark = pytest.mark.django_db
MODEL = {"id": "m-1", "label": "M 1", "context_tokens": 1000, "max_output_tokens": 100}
RATES = {"input": "3", "output": "15", "cache_write_5m": "3.75", "cache_write_1h": "6", "cache_read": "0.3"}
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # once: a test may run past midnight


def day(days_ago):
    """Midnight, which is when shipped prices start."""
    return TODAY - timedelta(days=days_ago)


def price(days_ago, **fields):
    return {"valid_from": f"{day(days_ago):%Y-%m-%d}", **RATES, **fields}


@pytest.fixture
def catalogue(monkeypatch, tmp_path):
    """Writes a catalogue of one model with these prices."""
    path = tmp_path / "catalogue.json"
    monkeypatch.setattr("chat.catalogue.CATALOGUE", path)
    return lambda *prices: path.write_text(json.dumps([{**MODEL, "prices": prices}]), encoding="utf-8")


@pytest.fixture
def ship(catalogue):
    """Ships such a catalogue; gives the days since each of the model's prices began, and its band."""

    def shipped(*prices):
        catalogue(*prices)
        load_catalogue()
        return starts()

    return shipped


def starts():
    rows = LanguageModel.objects.get(pk="m-1").prices.order_by("valid_from", "prompt_over")
    return [((day(0) - row.valid_from).days, row.prompt_over) for row in rows]


def entered(days_ago, **fields):
    """A price as an administrator enters it."""
    model, _ = LanguageModel.objects.get_or_create(**MODEL)
    return model.prices.create(valid_from=day(days_ago), **{**RATES, **fields})


def charged(user, **fields):
    return record_of(user, **{"model_answered": "m-1", "days_ago": 2, **fields})


def test_a_model_without_prices_gets_all_of_them(ship, caplog):
    assert ship(price(9), price(5), price(5, prompt_over=100), price(-3)) == [(9, 0), (5, 0), (5, 100), (-3, 0)]
    assert not caplog.messages


def test_a_model_without_prices_gets_them_although_calls_of_it_were_charged(ship, alice):
    charged(alice)
    assert ship(price(9)) == [(9, 0)]


def test_a_second_time_there_is_nothing_left_to_do(ship, alice, caplog):
    ship(price(9), price(5))
    charged(alice)
    assert ship(price(9), price(5)) == [(9, 0), (5, 0)]
    assert not caplog.messages


def test_a_past_price_is_added_where_nothing_was_charged_and_nobody_entered_one(ship):
    ship(price(9))
    assert ship(price(9), price(5)) == [(9, 0), (5, 0)]


@pytest.mark.parametrize("answered", ["m-1", "m-1-20260101"])
def test_a_past_price_is_left_out_where_calls_were_charged(ship, alice, caplog, answered):
    ship(price(9))
    charged(alice, model_answered=answered)
    assert ship(price(9), price(5), price(5, prompt_over=100), price(-3)) == [(9, 0), (-3, 0)]
    assert caplog.messages == [
        f"The shipped price of m-1 from {day(5):%Y-%m-%d} was left out: its calls were charged already, "
        "or it has prices that were entered here. If it should hold on this site, add it under Language models in the "
        "administration; it then starts when it is saved."
    ]


@pytest.mark.parametrize("other", [{"cost": None}, {"model_answered": "m-10"}])
def test_a_call_of_another_model_or_without_a_price_is_in_nobodys_way(ship, alice, other):
    ship(price(9))
    charged(alice, **other)
    assert ship(price(9), price(5)) == [(9, 0), (5, 0)]


@pytest.mark.parametrize("own", [{"days_ago": 6}, {"days_ago": -2}])
def test_a_past_price_is_left_out_where_an_administrator_entered_one(ship, caplog, own):
    entered(**own)
    before = starts()
    assert ship(price(9), price(5), price(-3)) == sorted({*before, (-3, 0)}, reverse=True)
    assert f"The shipped price of m-1 from {day(5):%Y-%m-%d} was left out" in caplog.text


@pytest.mark.parametrize(
    "own", [{"days_ago": 9}, {"days_ago": 6}, {"days_ago": 1}, {"days_ago": -2}, {"days_ago": -9}], ids=str
)
def test_where_the_own_price_is_another_than_the_lists_one_to_come_is_left_out_too(ship, caplog, own):
    kept = entered(**own, input="2.5")
    assert ship(price(9), price(5), price(-3)) == [(own["days_ago"], 0)]
    kept.refresh_from_db()
    assert kept.input == Decimal("2.5")
    answered = own["days_ago"] == -9  # by a price from then on
    assert (f"from {day(-3):%Y-%m-%d} was left out" in caplog.text) == (not answered)
    assert ("it may start on that day." in caplog.text) == (not answered)


def test_an_own_price_of_a_higher_band_is_another_than_the_lists_too(ship):
    entered(9)
    entered(9, prompt_over=100, input="2.5")
    assert ship(price(9), price(9, prompt_over=100), price(-3)) == [(9, 0), (9, 100)]


def test_what_is_left_out_is_told_until_a_price_follows_it(ship, alice):
    entered(9, input="2.5")
    ship(price(9), price(5, input="4"), price(-3, input="5"))
    assert [each.input for each in list_prices().left_out] == [4, 5]
    entered(0, input="2.5")
    assert [each.input for each in list_prices().left_out] == [5]
    entered(-3, input="2.6", prompt_over=0)
    assert list_prices() == ([], [])


def test_a_shipped_price_to_come_that_will_replace_an_own_one_is_told_until_it_is_deleted(ship):
    ship(price(9), price(-3))
    assert list_prices() == ([], [])
    entered(1, input="2.5")
    (coming,) = list_prices().taking_over
    assert coming.valid_from == day(-3)
    coming.delete()
    assert ship(price(9), price(-3)) == [(9, 0), (1, 0)]
    assert list_prices().taking_over == []


def test_where_nothing_is_left_out_nothing_is_told(ship, alice):
    ship(price(9), price(-3))
    charged(alice)
    assert list_prices() == ([], [])


def test_nothing_is_said_of_a_price_that_a_later_one_has_replaced(ship, caplog):
    entered(5)
    assert ship(price(9)) == [(5, 0)]
    assert not caplog.messages


def test_where_calls_were_charged_they_go_on_costing_the_same(ship, alice):
    ship(price(9))
    charged(alice)
    ship(price(9), price(5, input="7"))
    assert ledger.price_at("m-1", timezone.now(), prompt=1).input == 3


def test_a_migration_says_what_it_left_out(ship, catalogue, alice, caplog):
    ship(price(9))
    charged(alice)
    catalogue(price(9), price(5), price(-3))
    call_command("migrate", verbosity=0)
    assert starts() == [(9, 0), (-3, 0)]
    assert f"The shipped price of m-1 from {day(5):%Y-%m-%d} was left out" in caplog.text


def test_what_it_ships_is_what_it_finds_again():
    # Else the site's own rows would pass for an administrator's.
    shipped = {model["id"]: len(model["prices"]) for model in json.loads(CATALOGUE.read_text(encoding="utf-8"))}
    rows = Price.objects.filter(model_id__in=shipped)
    assert rows.count() == sum(shipped.values())
    rows.filter(model_id="claude-sonnet-5-5").latest("valid_from").delete()
    load_catalogue()
    assert rows.count() == sum(shipped.values())
