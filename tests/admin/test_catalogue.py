"""Models and their prices."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chat.models import LanguageModel
from tests.admin.conftest import column

LIST = "/admin/chat/languagemodel/"
RATES = {"input": "3", "output": "15", "cache_write_5m": "3.75", "cache_write_1h": "6", "cache_read": "0.3"}


@pytest.fixture
def model(db):
    return LanguageModel.objects.create(id="m-1", label="M 1", context_tokens=1000, max_output_tokens=100, position=0)


def posted(office, model, *prices):
    """Save the page of a model with new prices; returns the response and its errors."""
    form = {
        "label": model.label,
        "enabled": "on",
        "position": "0",
        "context_tokens": "1000",
        "max_output_tokens": "100",
        "thinking_types": "[]",
        "prices-TOTAL_FORMS": str(len(prices)),
        "prices-INITIAL_FORMS": "0",
    }
    for number, price in enumerate(prices):
        whole = {"prompt_over": "0", "web_search": "10", "web_fetch": "0", **RATES, **price}
        start = whole.pop("start")
        whole |= {"valid_from_0": f"{start:%Y-%m-%d}", "valid_from_1": f"{start:%H:%M:%S}"}
        form |= {f"prices-{number}-{name}": value for name, value in whole.items()}
    response = office.post(f"{LIST}{model.pk}/change/", form)
    return response, re.findall(r'<ul class="errorlist[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL)


def test_it_shows_current_prices_and_marks_a_model_without_one(office, model):
    page = office.get(LIST)
    assert column(page, "input_price")[:2] == ["no price", "$2.00"]
    assert column(page, "output_price")[:2] == ["no price", "$10.00"]


def test_a_price_of_the_future_does_not_count_yet(office, model):
    model.prices.create(valid_from=timezone.now() + timedelta(days=1), **RATES)
    assert column(office.get(LIST), "input_price")[0] == "no price"


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, model):
    few = queries_of(LIST)
    for number in range(20):
        other = LanguageModel.objects.create(id=f"x-{number}", label="X", context_tokens=1, max_output_tokens=1)
        other.prices.create(valid_from=timezone.now(), **RATES)
    assert queries_of(LIST) == few


def test_a_new_price_is_a_new_row(office, model):
    now = timezone.now().replace(microsecond=0)
    model.prices.create(valid_from=now - timedelta(days=9), **RATES)
    response, errors = posted(office, model, {"start": now, "input": "0.125"})
    assert (response.status_code, errors) == (302, [])
    assert [(price.valid_from, price.input) for price in model.prices.all()] == [
        (now, Decimal("0.125")),
        (now - timedelta(days=9), Decimal(3)),
    ]
    assert "$0.125" in office.get(f"{LIST}{model.pk}/change/").content.decode()


def test_a_negative_price_is_refused_with_a_reason(office, model):
    _, errors = posted(office, model, {"start": timezone.now(), "cache_read": "-0.1"})
    assert any("A price cannot be negative." in error for error in errors)
    assert not model.prices.exists()


@pytest.mark.parametrize("given", ["NaN", "Infinity", "1e999", "", "3,5", "0.0000001"])
def test_what_is_no_price_is_refused(office, model, given):
    response, errors = posted(office, model, {"start": timezone.now(), "input": given})
    assert response.status_code == 200
    assert errors
    assert not model.prices.exists()


def test_a_second_price_with_the_same_start_is_refused_with_a_reason(office, model):
    now = timezone.now().replace(microsecond=0)
    model.prices.create(valid_from=now, **RATES)
    _, errors = posted(office, model, {"start": now})
    assert any("There is a price from this moment" in error for error in errors)
    later = now + timedelta(days=1)
    _, errors = posted(office, model, {"start": later}, {"start": later})
    assert any("There is a price from this moment" in error for error in errors)
    assert model.prices.count() == 1


def test_a_band_needs_a_price_for_shorter_prompts(office, model):
    now = timezone.now()
    _, errors = posted(office, model, {"start": now, "prompt_over": "200000"})
    assert any("shorter prompts would have no price" in error for error in errors)
    response, _ = posted(office, model, {"start": now, "prompt_over": "200000"}, {"start": now})
    assert response.status_code == 302
    assert model.prices.count() == 2


def test_what_was_charged_cannot_be_edited_or_deleted(office, model):
    price = model.prices.create(valid_from=timezone.now().replace(microsecond=0), **RATES)
    form = {"prices-INITIAL_FORMS": "1", "prices-0-id": price.pk, "prices-0-DELETE": "on", "prices-0-model": model.pk}
    posted(office, model, {"start": price.valid_from, "input": "99"})
    office.post(f"{LIST}{model.pk}/change/", {"label": "M", **form, "prices-TOTAL_FORMS": "1", "prices-0-input": "99"})
    assert [kept.input for kept in model.prices.all()] == [Decimal(3)]


def test_the_id_of_a_model_stays(office, model):
    posted(office, model)
    office.post(f"{LIST}{model.pk}/change/", {"id": "other", "label": "M"})
    assert list(LanguageModel.objects.filter(position=0).values_list("id", flat=True)) == ["m-1"]


def test_administrators_add_models(office, db):
    form = {
        "id": "claude-new",
        "label": "New",
        "enabled": "on",
        "position": "1",
        "context_tokens": "1",
        "max_output_tokens": "1",
        "thinking_types": '["adaptive"]',
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
    }
    assert office.post(f"{LIST}add/", form).status_code == 302
    assert LanguageModel.objects.get(pk="claude-new").thinking_types == ["adaptive"]
