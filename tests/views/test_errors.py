"""What people get where a page cannot be made."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from chat.views.errors import AWAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failing(monkeypatch, alice):
    """Makes every page of Alice fail with an error; gives her browser."""

    def fail(error):
        def listing(*_, **__):
            raise error

        monkeypatch.setattr("chat.views.chat.listing", listing)
        client = Client(raise_request_exception=False)
        client.force_login(alice)
        return client

    return fail


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_told_on_a_page(failing, error):
    response = failing(error("10.0.0.7 refused")).get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert AWAY in response.text
    assert "10.0.0.7" not in response.text


def test_the_page_s_scripts_get_the_sentence_alone(failing):
    response = failing(OperationalError("away")).get("/conversations/", headers={"X-Requested-With": "fetch"})
    assert (response.status_code, response["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert response.text == AWAY


def test_a_fault_of_ours_is_one(failing):
    response = failing(ZeroDivisionError()).get("/")
    assert response.status_code == 500
    assert "The mistake is ours" in response.text
