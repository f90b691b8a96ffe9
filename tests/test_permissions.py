"""Who may open what: every URL of the site times every role, in one table.

A new route fails the first test until it has a row. Each row is a method, a path and a status for each role; ``+`` says
that the body holds text of Alice's conversation, and it must hold none where there is no ``+``. ``READ`` is a GET by
somebody who has given a reason before, as far as they may; ``FILE`` a GET of what is streamed, ``TAKE`` a
POST of such. What a ``POST`` sends stands in `FORMS`.
"""

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
from tests.spending import conversation_of, message_in, record_of, turn_in

pytestmark = pytest.mark.django_db
WHY = "Ticket 4711: a complaint"
ROLES = ("anonymous", "user", "owner", "other", "staff", "figures", "reviewer", "administrator", "superuser")
# In the order of ROLES.
TABLE = """
GET  /                                                        302  200  200+ 200  200  200  200  200  200
GET  /conversations/?q=question                               302  200  200+ 200  200  200  200  200  200
GET  /spending/                                               302  200  200  200  200  200  200  200  200
GET  /c/{conversation}/                                       302  404  200+ 404  404  404  404  404  404
GET  /c/{conversation}/transcript/                            302  404  200+ 404  404  404  404  404  404
POST /c/{conversation}/rename/                                302  404  302  404  404  404  404  404  404
POST /c/{conversation}/delete/                                302  404  302  404  404  404  404  404  404
POST /c/{conversation}/archive/                               302  404  302  404  404  404  404  404  404
POST /c/{conversation}/settings/                              302  404  302  404  404  404  404  404  404
GET  /accounts/login/                                         200  200  200  200  200  200  200  200  200
POST /accounts/logout/                                        302  302  302  302  302  302  302  302  302
GET  /accounts/password/                                      302  200  200  200  200  200  200  200  200
GET  /accounts/password/done/                                 302  200  200  200  200  200  200  200  200
FILE /accounts/data/                                          302  200  200+ 200  200  200  200  200  200
GET  /accounts/readings/                                      302  200  200+ 200  200  200  200  200  200
GET  /accounts/signup/                                        404  404  404  404  404  404  404  404  404
GET  /accounts/first/nonsense/                                410  410  410  410  410  410  410  410  410
GET  /healthz                                                 200  200  200  200  200  200  200  200  200
GET  /readyz                                                  200  200  200  200  200  200  200  200  200
GET  /admin/                                                  302  302  302  302  200  200  200  200  200
GET  /admin/login/                                            302  302  302  302  302  302  302  302  302
POST /admin/logout/                                           302  302  302  302  302  302  302  302  302
GET  /admin/password_change/                                  302  302  302  302  200  200  200  200  200
GET  /admin/password_change/done/                             302  302  302  302  200  200  200  200  200
GET  /admin/autocomplete/                                     302  302  302  302  403  403  403  403  403
GET  /admin/jsi18n/                                           302  302  302  302  200  200  200  200  200
GET  /admin/r/1/1/                                            302  302  302  302  404  404  404  404  404
GET  /admin/auth/                                             302  302  302  302  404  404  404  404  200
GET  /admin/chat/                                             302  302  302  302  404  200  200  200  200
GET  /admin/nonsense                                          302  302  302  302  404  404  404  404  404
GET  /admin/auth/group/                                       302  302  302  302  403  403  403  403  200
GET  /admin/auth/group/add/                                   302  302  302  302  403  403  403  403  200
GET  /admin/auth/group/{group}/                               302  302  302  302  302  302  302  302  302
GET  /admin/auth/group/{group}/change/                        302  302  302  302  403  403  403  403  200
GET  /admin/auth/group/{group}/history/                       302  302  302  302  403  403  403  403  200
GET  /admin/auth/group/{group}/delete/                        302  302  302  302  403  403  403  403  200
GET  /admin/chat/budget/                                      302  302  302  302  403  403  403  200  200
GET  /admin/chat/budget/add/                                  302  302  302  302  403  403  403  200  200
GET  /admin/chat/budget/{budget}/                             302  302  302  302  302  302  302  302  302
GET  /admin/chat/budget/{budget}/change/                      302  302  302  302  403  403  403  200  200
GET  /admin/chat/budget/{budget}/history/                     302  302  302  302  403  403  403  200  200
GET  /admin/chat/budget/{budget}/delete/                      302  302  302  302  403  403  403  200  200
GET  /admin/chat/languagemodel/                               302  302  302  302  403  403  403  200  200
GET  /admin/chat/languagemodel/add/                           302  302  302  302  403  403  403  200  200
GET  /admin/chat/languagemodel/claude-sonnet-5-5/             302  302  302  302  302  302  302  302  302
GET  /admin/chat/languagemodel/claude-sonnet-5-5/change/      302  302  302  302  403  403  403  200  200
GET  /admin/chat/languagemodel/claude-sonnet-5-5/history/     302  302  302  302  403  403  403  200  200
GET  /admin/chat/languagemodel/claude-sonnet-5-5/delete/      302  302  302  302  403  403  403  403  403
GET  /admin/chat/conversation/                                302  302  302  302  403  200  200  200  200
READ /admin/chat/conversation/                                302  302  302  302  403  200  200+ 200  200+
GET  /admin/chat/conversation/?q=question                     302  302  302  302  403  200  200  200  200
FILE /admin/chat/conversation/export.csv                      302  302  302  302  403  200  200  200  200
FILE /admin/chat/conversation/export.jsonl                    302  302  302  302  403  200  200  200  200
GET  /admin/chat/conversation/export/                         302  302  302  302  403  403  200  403  200
TAKE /admin/chat/conversation/export/                         302  302  302  302  403  403  200+ 403  200+
GET  /admin/chat/conversation/add/                            302  302  302  302  403  403  403  403  403
GET  /admin/chat/conversation/{conversation}/hold/            302  302  302  302  403  403  403  200  200
POST /admin/chat/conversation/{conversation}/hold/            302  302  302  302  403  403  403  302  302
GET  /admin/chat/conversation/{conversation}/                 302  302  302  302  302  302  302  302  302
GET  /admin/chat/conversation/{conversation}/change/          302  302  302  302  403  200  200  200  200
READ /admin/chat/conversation/{conversation}/change/          302  302  302  302  403  200  200+ 200  200+
POST /admin/chat/conversation/{conversation}/reason/          302  302  302  302  403  403  302  403  302
POST /admin/chat/conversation/{conversation}/note/            302  302  302  302  403  403  302  403  302
POST /admin/chat/conversation/{conversation}/settle/          302  302  302  302  403  403  302  403  302
GET  /admin/chat/conversation/{conversation}/history/         302  302  302  302  403  200  200  200  200
GET  /admin/chat/conversation/{conversation}/delete/          302  302  302  302  403  403  403  200  200
POST /admin/chat/conversation/{conversation}/delete/          302  302  302  302  403  403  403  302  302
GET  /admin/chat/reviewrecord/                                302  302  302  302  403  403  403  200  200
GET  /admin/chat/reviewrecord/add/                            302  302  302  302  403  403  403  403  403
GET  /admin/chat/reviewrecord/{reading}/                      302  302  302  302  302  302  302  302  302
GET  /admin/chat/reviewrecord/{reading}/change/               302  302  302  302  403  403  403  200  200
GET  /admin/chat/reviewrecord/{reading}/history/              302  302  302  302  403  403  403  200  200
POST /admin/chat/reviewrecord/{reading}/delete/               302  302  302  302  403  403  403  403  403
GET  /admin/chat/usagerecord/                                 302  302  302  302  403  200  200  200  200
FILE /admin/chat/usagerecord/export.csv                       302  302  302  302  403  200  200  200  200
FILE /admin/chat/usagerecord/export.jsonl                     302  302  302  302  403  200  200  200  200
GET  /admin/chat/usagerecord/add/                             302  302  302  302  403  403  403  403  403
GET  /admin/chat/usagerecord/{record}/                        302  302  302  302  302  302  302  302  302
GET  /admin/chat/usagerecord/{record}/change/                 302  302  302  302  403  200  200  200  200
GET  /admin/chat/usagerecord/{record}/history/                302  302  302  302  403  200  200  200  200
POST /admin/chat/usagerecord/{record}/delete/                 302  302  302  302  403  403  403  403  403
GET  /admin/chat/user/                                        302  302  302  302  403  403  403  200  200
GET  /admin/chat/user/add/                                    302  302  302  302  403  403  403  200  200
GET  /admin/chat/user/{person}/                               302  302  302  302  302  302  302  302  302
GET  /admin/chat/user/{person}/change/                        302  302  302  302  403  403  403  200  200
GET  /admin/chat/user/{person}/history/                       302  302  302  302  403  403  403  200  200
GET  /admin/chat/user/{person}/password/                      302  302  302  302  403  403  403  200  200
GET  /admin/chat/user/{person}/delete/                        302  302  302  302  403  403  403  200  200
POST /admin/chat/user/{person}/delete/                        302  302  302  302  403  403  403  302  302
"""
STREAMED = ("FILE", "TAKE")
FORMS = {
    "/c/{conversation}/rename/": {"title": "Another"},
    "/c/{conversation}/settings/": {"model": "claude-sonnet-5-5", "system_prompt": ""},
    "/admin/chat/conversation/export/": {"reason": WHY},
    "/admin/chat/conversation/{conversation}/reason/": {"reason": WHY},
    "/admin/chat/conversation/{conversation}/note/": {"text": "Odd", "flag": "1"},
    "/admin/chat/conversation/{conversation}/settle/": {"note": "{flag}"},
    "/admin/chat/conversation/{conversation}/hold/": {"reason": WHY},
    "/admin/chat/conversation/{conversation}/delete/": {"post": "yes"},
    "/admin/chat/user/{person}/delete/": {"post": "yes"},
}


def rows():
    """Method, path and a status for each role."""
    for line in TABLE.strip().splitlines():
        method, path, *expected = line.split()
        yield method, path, dict(zip(ROLES, expected, strict=True))


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


def form(path, site):
    return {name: value.format(**site) for name, value in FORMS.get(path, {}).items()}
