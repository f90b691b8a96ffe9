"""Who may see what: routes times roles."""

import pytest
from django.contrib.auth.models import Permission

from chat.models import Budget, User
from tests.spending import conversation_of

ROUTES = {
    "index": "/admin/",
    "conversations": "/admin/chat/conversation/",
    "transcript": "/admin/chat/conversation/{conversation}/change/",
    "transcript history": "/admin/chat/conversation/{conversation}/history/",
    "transcript delete": "/admin/chat/conversation/{conversation}/delete/",
    "records": "/admin/chat/usagerecord/",
    "record": "/admin/chat/usagerecord/{record}/change/",
    "people": "/admin/chat/user/",
    "person": "/admin/chat/user/{person}/change/",
    "add person": "/admin/chat/user/add/",
    "models": "/admin/chat/languagemodel/",
    "model": "/admin/chat/languagemodel/claude-sonnet-5-5/change/",
    "add model": "/admin/chat/languagemodel/add/",
    "budgets": "/admin/chat/budget/",
    "budget": "/admin/chat/budget/{budget}/change/",
    "add budget": "/admin/chat/budget/add/",
}
ROLES = {
    "stranger": (),
    "user": (),
    "staff": ("index",),
    "view_conversation": ("index", "conversations", "transcript", "transcript history"),
    "delete_conversation": ("index", "transcript delete"),
    "view_usagerecord": ("index", "records", "record"),
    "view_user": ("index", "people", "person"),
    "view_languagemodel": ("index", "models", "model"),
    "view_budget": ("index", "budgets", "budget"),
    "superuser": tuple(ROUTES),
}


@pytest.fixture
def browser_of(client, client_of, admin):
    """The browser of a role: a stranger's, a user's, or that of staff with at most one permission."""

    def opened(role):
        if role == "stranger":
            return client
        if role == "superuser":
            return client_of(admin)
        user = User.objects.create_user("someone", is_staff=role != "user")
        user.user_permissions.set(Permission.objects.filter(codename=role))
        return client_of(user)

    return opened


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_routes_and_no_others(browser_of, alice, role):
    conversation = conversation_of(alice)
    record = alice.usage_records.get()
    budget = Budget.objects.create(amount=5)
    browser = browser_of(role)
    for name, route in ROUTES.items():
        response = browser.get(
            route.format(conversation=conversation.pk, record=record.pk, person=alice.pk, budget=budget.pk)
        )
        expected = 200 if name in ROLES[role] else 302 if role in ("stranger", "user") else 403
        assert response.status_code == expected, name


def test_who_may_only_see_figures_sees_no_text(browser_of, alice):
    conversation_of(alice, title="Secret title")
    browser = browser_of("view_usagerecord")
    record = alice.usage_records.get()
    for url in ("/admin/chat/usagerecord/", f"/admin/chat/usagerecord/{record.pk}/change/", "/admin/"):
        html = browser.get(url).content.decode()
        assert "Secret title" not in html
        assert "Answer 0" not in html
        assert "/admin/chat/conversation/" not in html


def test_who_may_view_conversations_cannot_delete_them(browser_of, alice):
    conversation = conversation_of(alice)
    browser = browser_of("view_conversation")
    url = "/admin/chat/conversation/"
    assert "Delete" not in browser.get(f"{url}{conversation.pk}/change/").content.decode()
    browser.post(f"{url}{conversation.pk}/delete/", {"post": "yes"})
    browser.post(url, {"action": "delete_selected", "_selected_action": [conversation.pk], "post": "yes"})
    conversation.refresh_from_db()
