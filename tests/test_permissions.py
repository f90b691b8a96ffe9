"""Every role gets what the table of permissions says, and a new route fails the first test until it has a row."""

from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import AsyncClient, Client
from django.urls import URLResolver, get_resolver, resolve

from chat import reviews
from chat.models import Budget, Conversation, ReviewRecord, User
from tests.permissions import ROLES, STREAMED, WHY, form, rows
from tests.spending import conversation_of, message_in, record_of, turn_in

pytestmark = pytest.mark.django_db


def routes(resolver, prefix=""):
    """Every route that a resolver knows, as `resolve` names it."""
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern).removeprefix("^")
        if isinstance(each, URLResolver):
            yield from routes(each, route)
        else:
            yield route


@pytest.fixture
def site(alice, bob, settings):
    """What the paths name, all that can be switched on; Alice's conversation holds a word wherever text can stand."""
    settings.CHAT_REVIEW_VISIBLE_TO_OWNER = True
    conversation = conversation_of(alice, turns=0, title="SECRET title", system_prompt="SECRET prompt")
    asked, _ = turn_in(conversation, None, "SECRET question", "SECRET first answer")
    fields = {"state": "failed", "error_code": "bad_request", "error_detail": "SECRET detail"}
    answer = message_in(conversation, asked, "assistant", "SECRET answer", model=conversation.model, **fields)
    record = record_of(alice, message=answer, error_code="bad_request", end="failed")
    conversation_of(bob, title="His")
    reader = User.objects.create_superuser("earlier")
    reviews.record_reading(reader, conversation, WHY)
    flag = reviews.write_note(reader, conversation, "SECRET: look at this", flag=True)
    return {
        "conversation": conversation.pk,
        "record": record.pk,
        "model": conversation.model,
        "person": alice.pk,
        "budget": Budget.objects.create(amount=5).pk,
        "group": Group.objects.create(name="Team").pk,
        "reading": ReviewRecord.objects.get().pk,
        "flag": flag.pk,
    }


@pytest.fixture
def person_of(alice, bob, site):
    """The person who plays a role; ``None`` is a stranger."""

    def person(role):
        known = {"anonymous": None, "owner": alice, "other": bob}
        if role in known:
            return known[role]
        if role == "superuser":
            return User.objects.create_superuser(role)
        user = User.objects.create_user(role, is_staff=role != "user")
        if role == "figures":
            names = ("view_conversation", "view_usagerecord")
            user.user_permissions.set(Permission.objects.filter(codename__in=names))
        if role in ("reviewer", "administrator"):
            user.groups.add(Group.objects.get(name=f"{role.title()}s"))
        return user

    return person


def test_every_route_has_a_row(site):
    known = {resolve(path.format(**site).partition("?")[0]).route for _, path, _ in rows()}
    assert set(routes(get_resolver())) - known == set()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_is_its_own_and_no_more(site, person_of, role):
    person, wrong = person_of(role), []
    for method, path, expected in rows():
        if method not in STREAMED:
            with transaction.atomic():
                wrong += judged(f"{method} {path}", asked(person, method, path, site), expected[role], person)
                transaction.set_rollback(True)
    assert wrong == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES)
async def test_so_it_is_with_files(site, person_of, role):
    person, wrong = await sync_to_async(person_of)(role), []
    for method, path, expected in rows():
        if method in STREAMED:
            found = await downloaded(person, method, path, site)
            wrong += await sync_to_async(list)(judged(f"{method} {path}", found, expected[role], person))
    assert wrong == []


def test_no_form_is_taken_without_its_token(site, person_of):
    people = [person_of("superuser"), person_of("owner")]
    for path in {path for method, path, _ in rows() if method in ("POST", "TAKE")}:
        for person in people:
            client = Client(enforce_csrf_checks=True)
            client.force_login(person)
            assert client.post(path.format(**site), form(path, site)).status_code == 403, path


def judged(row, found, expected, person):
    """What is wrong about an answer: its status, text where there should be none, or text that nobody recorded."""
    status, text = found
    found = f"{status}{'+' if text else ''}"
    if found != expected:
        yield f"{row}: {found}, not {expected}"
    if text and person.username != "alice" and not ReviewRecord.objects.filter(reader=person).exists():
        yield f"{row}: text was read without a record"


def asked(person, method, path, site):
    """The status of an answer, and whether text of the conversation is in its body."""
    client = Client()
    if person:
        client.force_login(person)
    if method == "READ" and person:
        given_a_reason(person, site["conversation"])
    url = path.format(**site)
    answer = client.post(url, form(path, site)) if method == "POST" else client.get(url)
    return answer.status_code, b"SECRET" in answer.content


async def downloaded(person, method, path, site):
    """The same of a file, which is made while it is sent."""
    client = AsyncClient()
    if person:
        await client.aforce_login(person)
    url = path.format(**site)
    answer = await (client.post(url, form(path, site)) if method == "TAKE" else client.get(url))
    body = b"".join([piece async for piece in answer]) if answer.streaming else answer.content
    return answer.status_code, b"SECRET" in body


def given_a_reason(person, conversation):
    with suppress(PermissionDenied):
        reviews.record_reading(person, Conversation.objects.get(pk=conversation), WHY)
