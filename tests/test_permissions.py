"""Every role gets what the tables of permissions say; a new route or command fails a test until it has a row."""

import json
from collections import defaultdict
from contextlib import suppress
from typing import get_args
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import AsyncClient, Client
from django.urls import URLResolver, get_resolver, resolve

from chat import reviews, wire
from chat.live.announce import announce
from chat.models import Budget, Conversation, Message, ReviewRecord, User
from chat.routing import websocket_urlpatterns
from tests.asking import ME
from tests.permissions import ROLES, STREAMED, WHY, commands, form, rows
from tests.spending import conversation_of, message_in, record_of, turn_in
from tests.tabs import Tab

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
        "answer": answer.pk,
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


def test_every_command_of_the_only_websocket_has_a_row():
    assert [str(each.pattern) for each in websocket_urlpatterns] == ["ws/chat/"]
    known = {get_args(kind.model_fields["type"].annotation) for kind in get_args(wire.Command)}
    assert known == {(command,) for command, *_ in commands(defaultdict(str))}


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_has_no_socket():
    async with Tab(None) as tab:
        assert (await tab.closed(), tab.frames) == (4401, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES[1:])
async def test_a_socket_obeys_and_tells_of_a_conversation_its_owner_alone(site, person_of, tab_of, upstream, role):
    person, owns, wrong = await sync_to_async(person_of)(role), role == "owner", []
    named = await sync_to_async(beside)(site, person)
    hers = [row async for row in Message.objects.filter(conversation__owner__username="alice").values()]
    async with await tab_of(person) as tab:
        for command, fields, to_owner, to_others in commands(named):
            found, expected = await answer_to(tab, command, fields), to_owner if owns else to_others
            wrong += [f"{command} {fields}: {found}, not {expected}"] if found != expected else []
        await announce(site["person"], {"type": "conversation", "conversation": str(site["conversation"])})
        await announce(person.pk, {"type": "conversation", "conversation": str(named["own"])})
        await tab.see("conversation", conversation=str(named["own"]))
    told = json.dumps(tab.frames)
    assert wrong == []
    assert (str(site["conversation"]) in told, "SECRET" in told) == (owns, owns)
    assert owns or hers == [row async for row in Message.objects.filter(conversation__owner__username="alice").values()]


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


def beside(site, person):
    """The site with a conversation of the person and an open turn of Alice's; a reason is given by who may."""
    given_a_reason(person, site["conversation"])
    hers = conversation_of(User.objects.get(username="alice"), turns=0)
    _, turn = turn_in(hers, None, "SECRET question", "SECRET so far", state="streaming", runner=ME)
    return {**site, "own": conversation_of(person).pk, "turn": turn.pk}


async def answer_to(tab, command, fields):
    """The type of the answer to a command, or the code of its refusal; ``None`` where it has none."""
    re, after = str(uuid4()), str(uuid4())
    await tab.say(command, id=re, **fields)
    await tab.say("ping", id=after)
    await tab.see("pong", re=after)
    answer = next((frame for frame in tab.frames if frame.get("re") == re), {})
    if answer.get("type") == "accepted":
        await tab.see("ended", turn=answer["turn"])
    return answer.get("code", answer.get("type"))


def given_a_reason(person, conversation):
    with suppress(PermissionDenied):
        reviews.record_reading(person, Conversation.objects.get(pk=conversation), WHY)
