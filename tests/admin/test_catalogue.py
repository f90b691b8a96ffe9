"""Models and their prices."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from chat.models import LanguageModel
from tests.admin.conftest import column
from tests.spending import record_of

LIST = "/admin/chat/languagemodel/"
RATES = {"input": "3", "output": "15", "cache_write_5m": "3.75", "cache_write_1h": "6", "cache_read": "0.3"}


@pytest.fixture
def model(db):
    return LanguageModel.objects.create(id="m-1", label="M 1", context_tokens=1000, max_output_tokens=100, position=0)


def posted(office, model, *prices, **fields):
    """Save the page of a model with prices, new ones last; returns the response and its errors."""
    form = {
        "label": model.label,
        "enabled": "on",
        "position": "0",
        "context_tokens": "1000",
        "max_output_tokens": "100",
        "thinking_types": "",
        "prices-TOTAL_FORMS": str(len(prices)),
        "prices-INITIAL_FORMS": "0",
        **fields,
    }
    for number, price in enumerate(prices):
        whole = {"prompt_over": "0", "web_search": "10", "web_fetch": "0", **RATES, **price}
        if start := whole.pop("start", None):
            whole |= {"valid_from_0": f"{start:%Y-%m-%d}", "valid_from_1": f"{start:%H:%M:%S}"}
        form |= {f"prices-{number}-{name}": value for name, value in whole.items()}
        form["prices-INITIAL_FORMS"] = str(sum("id" in each for each in prices))
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
    model.prices.create(valid_from=timezone.now() - timedelta(days=9), **RATES)
    before = timezone.now()
    response, errors = posted(office, model, {"input": "0.125"})
    assert (response.status_code, errors) == (302, [])
    new, old = model.prices.all()
    assert (new.input, old.input) == (Decimal("0.125"), 3)
    assert before <= new.valid_from <= timezone.now()
    assert "$0.125" in office.get(f"{LIST}{model.pk}/change/").content.decode()


def test_a_negative_price_is_refused_with_a_reason(office, model):
    _, errors = posted(office, model, {"cache_read": "-0.1"})
    assert any("A price cannot be negative." in error for error in errors)
    assert not model.prices.exists()


def test_a_negative_factor_is_refused_with_a_reason(office, model):
    _, errors = posted(office, model, {"us_factor": "-1"})
    assert any("A price cannot be negative." in error for error in errors)
    assert not model.prices.exists()


@pytest.mark.parametrize("given", ["NaN", "Infinity", "1e999", "", "3,5", "0.0000001"])
def test_what_is_no_price_is_refused(office, model, given):
    response, errors = posted(office, model, {"input": given})
    assert response.status_code == 200
    assert errors
    assert not model.prices.exists()


def test_a_price_that_would_start_in_the_past_is_refused_with_a_reason(office, model):
    _, errors = posted(office, model, {"start": timezone.now() - timedelta(minutes=2)})
    assert any("A price cannot start in the past" in error for error in errors)
    assert not model.prices.exists()


@pytest.mark.parametrize("answered", ["m-1", "m-1-20260101"])
def test_a_price_that_would_start_before_a_charged_call_is_refused_with_a_reason(office, model, alice, answered):
    record_of(alice, days_ago=-2, model_answered=answered)
    tomorrow = timezone.now() + timedelta(days=1)
    _, errors = posted(office, model, {"start": tomorrow})
    assert any("A call after this moment has been charged already" in error for error in errors)
    response, _ = posted(office, model, {"start": tomorrow + timedelta(days=2)})
    assert response.status_code == 302


@pytest.mark.parametrize("other", [{"cost": None}, {"model_answered": "m-10"}])
def test_a_call_of_another_model_or_without_a_price_is_in_nobodys_way(office, model, alice, other):
    record_of(alice, days_ago=-2, **{"model_answered": "m-1", **other})
    response, _ = posted(office, model, {"start": timezone.now() + timedelta(days=1)})
    assert response.status_code == 302


def test_a_second_price_with_the_same_start_is_refused_with_a_reason(office, model):
    _, errors = posted(office, model, {}, {"input": "4"})
    assert any("There is a price from this moment" in error for error in errors)
    later = timezone.now() + timedelta(days=1)
    _, errors = posted(office, model, {"start": later}, {"start": later})
    assert any("There is a price from this moment" in error for error in errors)
    assert not model.prices.exists()


def test_a_band_needs_a_price_for_shorter_prompts(office, model):
    _, errors = posted(office, model, {"prompt_over": "200000"})
    assert any("shorter prompts would have no price" in error for error in errors)
    response, _ = posted(office, model, {"prompt_over": "200000"}, {"input": "1"})
    assert response.status_code == 302
    long, short = model.prices.order_by("-prompt_over")
    assert long.valid_from == short.valid_from


def test_a_price_to_come_can_be_changed_and_taken_back(office, model):
    price = model.prices.create(valid_from=timezone.now() + timedelta(days=2), **RATES)
    edited = {"id": price.pk, "model": model.pk, "start": price.valid_from, "input": "5"}
    response, errors = posted(office, model, edited)
    assert (response.status_code, errors) == (302, [])
    assert model.prices.get().input == 5
    posted(office, model, {**edited, "start": timezone.now() - timedelta(days=1)})
    assert model.prices.get().is_to_come
    posted(office, model, {**edited, "DELETE": "on"})
    assert not model.prices.exists()


@pytest.mark.parametrize("change", [{"input": "99"}, {"DELETE": "on"}])
def test_a_price_that_has_begun_cannot_be_edited_or_deleted(office, model, change):
    price = model.prices.create(valid_from=timezone.now(), **RATES)
    later = timezone.now() + timedelta(days=1)
    response, errors = posted(office, model, {"id": price.pk, "model": model.pk, "start": later, **change})
    assert response.status_code == 200
    assert any("This price has begun meanwhile" in error for error in errors)
    assert [kept.input for kept in model.prices.all()] == [Decimal(3)]


def test_a_model_is_deleted_only_while_no_price_has_begun(office, model):
    assert "delete_selected" not in office.get(LIST).content.decode()
    price = model.prices.create(valid_from=timezone.now(), **RATES)
    assert office.post(f"{LIST}{model.pk}/delete/", {"post": "yes"}).status_code == 403
    price.delete()
    assert office.post(f"{LIST}{model.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not LanguageModel.objects.filter(pk=model.pk).exists()


def test_the_page_shows_what_begun_prices_are_on_all_terms(office, model):
    model.prices.create(valid_from=timezone.now(), us_factor=Decimal("1.100"), batch_factor=None, **RATES)
    html = office.get(f"{LIST}{model.pk}/change/").content.decode()
    assert "<td>×1.1</td><td>–</td><td>–</td>" in html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thinking_types", "5"),
        ("thinking_types", '["adaptive"]'),
        ("thinking_types", "adaptive; disabled"),
        ("thinking_types", "[" * 10_000),
        ("context_tokens", "0"),
        ("max_output_tokens", "0"),
    ],
)
def test_what_would_make_each_answer_fail_is_refused(office, model, field, value):
    response, errors = posted(office, model, **{field: value})
    assert (response.status_code, len(errors)) == (200, 1)


def test_no_key_that_no_text_can_hold_leads_anywhere(office, model):
    for page in ("change", "history"):
        assert office.get(f"{LIST}m%00-1/{page}/").status_code == 302


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
        "thinking_types": "adaptive, disabled ,adaptive",
        "prices-TOTAL_FORMS": "0",
        "prices-INITIAL_FORMS": "0",
    }
    assert office.post(f"{LIST}add/", form).status_code == 302
    assert LanguageModel.objects.get(pk="claude-new").thinking_types == ["adaptive", "disabled"]
    assert 'value="adaptive, disabled"' in office.get(f"{LIST}claude-new/change/").content.decode()
