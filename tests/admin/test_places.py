"""The ways through the administration, in the header of its pages."""

import html
import re

import pytest

from tests.spending import conversation_of

pytestmark = pytest.mark.django_db


def shown(page):
    """The labels of the ways, and those of them that lead to where the page is."""
    nav = page.content.decode().partition('<nav id="places"')[2].partition("</nav>")[0]
    links = re.findall(r"<a ([^>]*)>([^<]*)</a>", nav)
    return [label for _, label in links], [label for attributes, label in links if "aria-current" in attributes]


def test_they_stand_in_the_order_of_their_use_and_say_where_one_is(office):
    labels, current = shown(office.get("/admin/auth/group/"))
    assert labels[:4] == ["Overview", "Conversations", "Usage records", "Users"]
    assert labels[4:] == ["Groups", "Budgets", "Language models", "Review records"]
    assert current == ["Groups"]
    assert shown(office.get("/admin/"))[1] == ["Overview"]


def test_nobody_is_led_where_they_may_not_go(staff):
    labels, _ = shown(staff("view_budget").get("/admin/"))
    assert labels == ["Overview", "Budgets"]


def test_a_password_is_changed_where_everybody_changes_theirs(office):
    assert 'href="/accounts/password/">Password</a>' in office.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("path", "way"),
    [
        ("chat/usagerecord/", "Overview › Usage records"),
        ("chat/user/add/", "Overview › Users › Add"),
        ("chat/user/{user}/change/", "Overview › Users › alice"),
        ("chat/user/{user}/delete/", "Overview › Users › alice › Delete"),
        ("chat/user/{user}/history/", "Overview › Users › alice › History"),
        ("chat/user/{user}/password/", "Overview › Users › alice › Password"),
        ("chat/conversation/{chat}/change/", "Overview › Conversations › Conversation {short}"),
        ("chat/conversation/{chat}/hold/", "Overview › Conversations › Conversation {short} › Legal hold"),
        ("chat/conversation/export/", "Overview › Conversations › Export"),
    ],
)
def test_each_page_says_the_way_to_it(office, alice, path, way):
    chat = conversation_of(alice)
    named = {"user": alice.pk, "chat": chat.pk, "short": str(chat.pk)[:8]}
    page = office.get(f"/admin/{path.format(**named)}")
    crumbs = re.search(r'<div class="breadcrumbs">(.*?)</div>', page.content.decode(), re.DOTALL)[1]
    assert " ".join(html.unescape(re.sub("<[^>]*>", " ", crumbs)).split()) == way.format(**named)
    assert all(office.get(link).status_code == 200 for link in re.findall('href="([^"]*)"', crumbs))


def test_the_way_back_to_a_list_keeps_its_filters(office, alice):
    page = office.get(f"/admin/chat/user/{alice.pk}/change/?_changelist_filters=q%3Dali")
    assert 'href="/admin/chat/user/?q=ali">Users</a>' in page.content.decode()


def test_an_application_has_no_overview_of_its_own(office):
    assert office.get("/admin/chat/").url == "/admin/"
