"""``manage.py welcome``: the last thing that the console says before a server starts."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

pytestmark = pytest.mark.django_db(transaction=True)


def welcome(**options):
    out = StringIO()
    call_command("welcome", stdout=out, **options)
    return out.getvalue()


def test_it_prints_the_one_time_link_while_nobody_has_an_account(client):
    text = welcome(port=9000)
    link = next(word for word in text.split() if "/accounts/first/" in word)
    assert link.startswith("http://127.0.0.1:9000/")
    assert client.get(link.removeprefix("http://127.0.0.1:9000")).status_code == 200


def test_it_prints_no_link_afterwards(alice):
    assert "/first/" not in welcome()


def test_it_says_who_answers(settings):
    assert "simulated: set ANTHROPIC_API_KEY" in welcome()
    settings.ANTHROPIC_API_KEY = "sk-ant-secret"
    text = welcome()
    assert "from Claude" in text
    assert "sk-ant" not in text


@pytest.mark.parametrize(
    ("host", "site"),
    [("0.0.0.0", "http://127.0.0.1:80/"), ("::1", "http://[::1]:80/"), ("chat", "http://chat:80/")],
)
def test_it_prints_an_address_that_can_be_opened(host, site):
    assert site in welcome(host=host, port=80)


def test_it_prints_the_address_that_people_use_where_that_is_known(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.org", "https://chat.example.org"]
    text = welcome()
    assert "  https://chat.example.org/\n" in text
    assert "https://chat.example.org/accounts/first/" in text
    assert "127.0.0.1" not in text


@pytest.mark.parametrize(
    ("executable", "called"),
    [
        (settings.BASE_DIR / ".venv/bin/python", ".venv/bin/python manage.py"),
        ("/venv/bin/python", "password: python manage.py"),
    ],
)
def test_it_says_how_to_set_a_new_password(alice, monkeypatch, executable, called):
    monkeypatch.setattr("sys.executable", str(executable))
    assert f"{called} changepassword" in welcome()
