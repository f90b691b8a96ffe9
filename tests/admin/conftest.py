"""A logged-in administrator, and a real browser that is one."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.page.conftest import browser, context, new_page, page  # noqa: F401 - fixtures


@pytest.fixture
def office(admin, client_of):
    """A superuser's browser without scripts."""
    return client_of(admin)


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
