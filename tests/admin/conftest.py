"""A logged-in administrator, and a real browser that is one."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, User
from tests.page.conftest import browser, context, new_page, page  # noqa: F401 - fixtures


@pytest.fixture
def office(admin, client_of):
    """A superuser's browser without scripts."""
    return client_of(admin)


@pytest.fixture
def staff(client_of):
    """The browser of staff with these permissions: ``staff("view_conversation")``."""

    def logged_in(*permissions, name="rita"):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return client_of(user)

    return logged_in


@pytest.fixture
def queries_of(office):
    """How many queries a page takes."""

    def counted(url):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert office.get(url).status_code == 200
        return len(captured)

    return counted


@pytest.fixture
def desk(transactional_db, live_server, admin, client_of):
    """The address of a server, and the cookie of an administrator's session there."""
    cookie = client_of(admin).cookies[settings.SESSION_COOKIE_NAME]
    return live_server.url, {"name": cookie.key, "value": cookie.value, "url": live_server.url}


def column(response, name):
    """What a list shows in a column, without tags."""
    cells = re.findall(
        rf'<t[dh][^>]*class="[^"]*field-{name}\b[^"]*"[^>]*>(.*?)</t[dh]>', response.content.decode(), re.DOTALL
    )
    return [re.sub(r"<[^>]+>", "", cell) for cell in cells]


def titles(response):
    """The titles of the conversations that a list shows, whether or not it shows the titles."""
    keys = re.findall(
        r'class="field-heading"><a href="/admin/chat/conversation/([0-9a-f-]+)/', response.content.decode()
    )
    known = {str(key): title for key, title in Conversation.objects.values_list("pk", "title")}
    return [known[key] for key in keys]
