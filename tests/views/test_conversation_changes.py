"""Renaming, deleting, archiving and setting up a conversation, by scripts and by plain forms."""

import pytest
from django.test import Client

from chat import holds
from chat.models import Conversation, Message
from tests.views.chats import talk

FETCH = {"X-Requested-With": "fetch"}
CHANGES = [
    ("rename", {"title": "Wasps"}),
    ("delete", {}),
    ("archive", {"archived": "true"}),
    ("settings", {"model": "claude-haiku-5-5", "system_prompt": "Be brief."}),
]


@pytest.fixture
def hers(alice):
    return talk(alice, "Bees")


@pytest.mark.parametrize(("change", "fields"), CHANGES)
def test_it_answers_scripts_with_nothing_and_forms_with_a_page(client_of, alice, change, fields):
    client = client_of(alice)
    assert client.post(f"/c/{talk(alice, 'One').pk}/{change}/", fields, headers=FETCH).status_code == 204
    assert client.post(f"/c/{talk(alice, 'Two').pk}/{change}/", fields).status_code == 302


@pytest.mark.parametrize(("change", "fields"), CHANGES)
def test_it_hides_what_is_somebody_elses(client_of, bob, hers, change, fields):
    assert client_of(bob).post(f"/c/{hers.pk}/{change}/", fields).status_code == 404
    kept = Conversation.objects.get(pk=hers.pk)
    assert (kept.title, kept.archived, kept.model, kept.system_prompt) == ("Bees", False, "claude-sonnet-5-5", "")


@pytest.mark.parametrize(("change", "fields"), CHANGES)
def test_it_needs_the_token_and_a_post(alice, client_of, hers, change, fields):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(f"/c/{hers.pk}/{change}/", fields).status_code == 403
    assert client_of(alice).get(f"/c/{hers.pk}/{change}/").status_code == 405


def test_it_renames(client_of, alice, hers):
    client_of(alice).post(f"/c/{hers.pk}/rename/", {"title": "  Wasps \n and  ants "})
    hers.refresh_from_db()
    assert hers.title == "Wasps and ants"


@pytest.mark.parametrize(
    ("change", "fields", "sentence"),
    [
        ("rename", {"title": "  "}, "A title needs at least one character."),
        ("rename", {"title": "a\0b"}, "Null characters are not allowed."),
        ("settings", {"model": "gpt", "system_prompt": ""}, "The model gpt is not available. Choose another one."),
        (
            "settings",
            {"model": "claude-haiku-5-5", "system_prompt": "x" * 100_001},
            "The system prompt has 100,001 characters; the limit is 100,000.",
        ),
    ],
)
def test_it_refuses_with_a_sentence(client_of, alice, hers, change, fields, sentence):
    response = client_of(alice).post(f"/c/{hers.pk}/{change}/", fields, headers=FETCH)
    assert response.status_code == 400
    assert response.content.decode() == sentence
    assert response.headers["Content-Type"].startswith("text/plain")


def test_it_deletes_with_all_messages(client_of, alice, hers):
    client_of(alice).post(f"/c/{hers.pk}/delete/")
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()


def test_it_archives_and_puts_back(client_of, alice, hers):
    client = client_of(alice)
    client.post(f"/c/{hers.pk}/archive/", {"archived": "true"})
    assert Conversation.objects.get().archived
    client.post(f"/c/{hers.pk}/archive/", {"archived": "false"})
    assert not Conversation.objects.get().archived


def test_it_keeps_model_and_system_prompt(client_of, alice, hers):
    prompt = "Be brief.\n  And kind."
    client_of(alice).post(f"/c/{hers.pk}/settings/", {"model": "claude-haiku-5-5", "system_prompt": prompt})
    hers.refresh_from_db()
    assert (hers.model, hers.system_prompt) == ("claude-haiku-5-5", prompt)


def test_one_on_legal_hold_is_not_deleted_and_a_sentence_says_why(client_of, alice, admin, hers):
    holds.set_hold(admin, hers, "Case 4711")
    response = client_of(alice).post(f"/c/{hers.pk}/delete/")
    assert response.status_code == 400
    assert response.content.decode() == holds.KEPT
    assert Conversation.objects.filter(pk=hers.pk).exists()
