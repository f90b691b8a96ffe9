"""The ways through the administration, in the header of its pages."""

import re

import pytest

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
