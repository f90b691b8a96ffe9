"""Logging in and out, signing up, changing a password, and the first administrator."""

import threading

import pytest
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db import connection
from django.test import Client
from django.urls import reverse

from chat import first_administrator, login_attempts
from chat.forms import ADVICE, AccountForm
from chat.models import User

PASSWORD = "correct-horse-9"


def log_in(client, username="alice", password="wonderland-7", **extra):
    return client.post("/accounts/login/", {"username": username, "password": password}, **extra)


def first_link():
    return reverse("first", args=[first_administrator.make_token()])


def account(username="root"):
    return {"username": username, "password1": PASSWORD, "password2": PASSWORD}


class TestLoggingIn:
    def test_it_opens_the_chat_for_the_right_password(self, client, alice):
        response = log_in(client)
        assert response.status_code == 302
        assert response["Location"] == "/"
        assert client.session["_auth_user_id"] == str(alice.pk)

    def test_it_goes_where_the_reader_wanted(self, client, alice):
        response = client.post(
            "/accounts/login/?next=/c/x/", {"username": "alice", "password": "wonderland-7", "next": "/c/x/"}
        )
        assert response["Location"] == "/c/x/"

    def test_it_does_not_lead_to_another_site(self, client, alice):
        response = client.post(
            "/accounts/login/", {"username": "alice", "password": "wonderland-7", "next": "https://evil.example"}
        )
        assert response["Location"] == "/"

    def test_it_does_not_tell_whether_the_name_or_the_password_was_wrong(self, client, alice):
        wrong_password = log_in(client, password="nope").context["form"].errors
        wrong_name = log_in(client, username="nobody").context["form"].errors
        assert wrong_password == wrong_name

    def test_it_refuses_after_too_many_wrong_passwords_and_even_the_right_one_then(self, client, alice):
        for _ in range(login_attempts.LIMIT):
            assert log_in(client, password="nope").status_code == 200
        response = log_in(client)
        assert response.status_code == 429
        assert "Wait 15 minutes" in response.text
        assert "_auth_user_id" not in client.session

    def test_it_counts_by_name_and_address(self, client, alice, bob):
        for _ in range(login_attempts.LIMIT):
            log_in(client, password="nope")
        assert log_in(client, username="ALICE").status_code == 429
        assert log_in(client, username="bob", password="builder-of-8").status_code == 302
        assert log_in(Client(REMOTE_ADDR="10.0.0.9")).status_code == 302

    def test_it_forgets_the_wrong_passwords_after_the_right_one(self, client, alice):
        for _ in range(login_attempts.LIMIT - 1):
            log_in(client, password="nope")
        assert log_in(client).status_code == 302
        assert log_in(client, password="nope").status_code == 200
        assert log_in(client).status_code == 302

    def test_it_goes_on_counting_here_while_redis_is_away(self, client, alice, settings, unused_port, caplog):
        redis = {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{unused_port}",
        }
        settings.CACHES = settings.CACHES | {"default": redis}
        assert log_in(client).status_code == 302
        for _ in range(login_attempts.LIMIT):
            assert log_in(client, password="nope").status_code == 200
        assert log_in(client).status_code == 429
        assert "Redis does not answer" in caplog.text

    @pytest.mark.parametrize("username", ["", "x" * 500, "a\x00b", "\ud800", "<script>alert(1)</script>"])
    def test_it_refuses_strange_names_in_peace(self, client, db, username):
        response = log_in(client, username=username.encode("utf-8", "surrogatepass"))
        assert response.status_code == 200
        assert "<script>alert" not in response.text

    def test_it_needs_the_csrf_token(self, alice):
        response = log_in(Client(enforce_csrf_checks=True))
        assert response.status_code == 403
        assert "Please try again" in response.text

    def test_it_points_to_the_console_while_nobody_has_an_account(self, client, db):
        assert "Nobody has an account yet" in client.get("/accounts/login/").text

    def test_it_is_the_administration_s_door_too(self, client, db):
        response = client.get("/admin/", follow=True)
        assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"

    def test_it_tells_someone_who_is_no_administrator(self, client_of, alice):
        response = client_of(alice).get("/admin/", follow=True)
        assert "alice may not see that page" in response.text


class TestLoggingOut:
    def test_it_ends_the_session(self, client_of, alice):
        client = client_of(alice)
        assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
        assert "_auth_user_id" not in client.session

    def test_it_is_not_done_by_a_link(self, client_of, alice):
        client = client_of(alice)
        assert client.get("/accounts/logout/").status_code == 405
        assert "_auth_user_id" in client.session


def test_the_advice_on_passwords_is_what_the_validators_ask():
    asked = {
        "8 characters": "8 characters",
        "common": "commonly",
        "only digits": "numeric",
        "like your name": "similar",
    }
    texts = password_validators_help_texts()
    assert len(texts) == len(asked)
    for ours, theirs in asked.items():
        assert ours in ADVICE
        assert any(theirs in text for text in texts)


class TestChangingThePassword:
    def test_it_takes_the_old_one_and_keeps_the_reader_in(self, client_of, alice):
        client = client_of(alice)
        new = {"old_password": "wonderland-7", "new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client.post("/accounts/password/", new, follow=True).status_code == 200
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)
        assert client.get("/accounts/password/").status_code == 200

    def test_it_ends_the_other_sessions(self, client_of, alice):
        here, elsewhere = client_of(alice), client_of(alice)
        new = {"old_password": "wonderland-7", "new_password1": PASSWORD, "new_password2": PASSWORD}
        here.post("/accounts/password/", new)
        assert elsewhere.get("/accounts/password/").status_code == 302

    def test_it_refuses_a_wrong_old_one(self, client_of, alice):
        new = {"old_password": "nope", "new_password1": PASSWORD, "new_password2": PASSWORD}
        assert client_of(alice).post("/accounts/password/", new).context["form"].has_error("old_password")

    def test_it_is_for_those_who_are_logged_in(self, client, db):
        assert client.get("/accounts/password/")["Location"] == "/accounts/login/?next=/accounts/password/"


class TestSigningUp:
    def test_it_is_off_by_default(self, client, alice):
        assert client.get("/accounts/signup/").status_code == 404
        assert client.post("/accounts/signup/", account()).status_code == 404
        assert "signup" not in client.get("/accounts/login/").text

    def test_it_makes_an_ordinary_account_and_logs_in(self, client, alice, settings):
        settings.CHAT_SIGNUP = True
        assert "/accounts/signup/" in client.get("/accounts/login/").text
        assert client.post("/accounts/signup/", account("carol"))["Location"] == "/"
        carol = User.objects.get(username="carol")
        assert not carol.is_staff
        assert not carol.is_superuser
        assert client.session["_auth_user_id"] == str(carol.pk)

    @pytest.mark.parametrize(
        "wrong", [{"username": "Alice"}, {"password2": "other"}, {"password1": "1", "password2": "1"}, {"username": ""}]
    )
    def test_it_refuses_taken_names_and_poor_passwords(self, client, alice, settings, wrong):
        settings.CHAT_SIGNUP = True
        response = client.post("/accounts/signup/", account("carol") | wrong)
        assert response.status_code == 200
        assert User.objects.count() == 1

    def test_of_two_who_take_a_name_at_once_the_second_chooses_another(self, client, alice, settings, monkeypatch):
        settings.CHAT_SIGNUP = True
        monkeypatch.setattr(AccountForm, "clean_username", lambda form: form.cleaned_data["username"])
        monkeypatch.setattr(AccountForm, "validate_unique", lambda form: None)
        response = client.post("/accounts/signup/", account("alice"))
        assert "Somebody has just taken this name" in response.text
        assert User.objects.count() == 1

    def test_it_cannot_be_talked_into_making_an_administrator(self, client, alice, settings):
        settings.CHAT_SIGNUP = True
        client.post("/accounts/signup/", account("carol") | {"is_staff": "on", "is_superuser": "on"})
        assert not User.objects.get(username="carol").is_superuser


class TestFirstAdministrator:
    def test_it_makes_one_and_logs_in(self, client, db):
        link = first_link()
        assert "Make the administrator" in client.get(link).text
        assert client.post(link, account())["Location"] == "/"
        root = User.objects.get()
        assert (root.username, root.is_staff, root.is_superuser) == ("root", True, True)
        assert client.get("/admin/").status_code == 200

    def test_its_link_is_dead_once_there_is_any_account(self, client, alice):
        link = first_link()
        assert client.get(link).status_code == 410
        assert client.post(link, account()).status_code == 410
        assert User.objects.get() == alice

    @pytest.mark.parametrize("token", ["x", "ImZp:1abc:sig", "%00"])
    def test_it_takes_no_other_token(self, client, db, token):
        assert client.post(f"/accounts/first/{token}/", account()).status_code == 410
        assert not User.objects.exists()

    def test_its_link_dies_after_a_day(self, client, db, monkeypatch):
        link = first_link()
        monkeypatch.setattr(first_administrator, "LASTS", -1)
        assert client.get(link).status_code == 410

    def test_it_refuses_a_poor_password(self, client, db):
        response = client.post(first_link(), account() | {"password1": "123", "password2": "123"})
        assert response.status_code == 200
        assert not User.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_make_one(self):
        made, start = [], threading.Barrier(2)

        def make(name):
            start.wait()
            made.append(first_administrator.create(name, PASSWORD))
            connection.close()

        threads = [threading.Thread(target=make, args=[name]) for name in ("ann", "ben")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [user is None for user in sorted(made, key=bool)] == [True, False]
        assert User.objects.count() == 1


PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/", "/accounts/first/x/", "/nowhere/"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_the_strict_policy_and_nothing_inline(client_of, alice, settings, page):
    settings.CHAT_SIGNUP = True
    response = client_of(alice).get(page)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in response.text
    assert "style=" not in response.text
    assert "<script>" not in response.text
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
