"""The groups that each site begins with."""

import pytest
from django.contrib.auth.models import Group, Permission

from chat.groups import READY, ship_groups

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", READY)
def test_each_has_all_that_it_should(name):
    granted = Group.objects.get(name=name).permissions.values_list("codename", flat=True)
    assert sorted(granted) == sorted(READY[name])


def test_who_administers_reads_no_text_and_who_reads_changes_nothing():
    assert "review_conversations" not in READY["Administrators"]
    assert all(codename.startswith(("view_", "review_")) for codename in READY["Reviewers"])
    for names in READY.values():
        assert not [name for name in names if name.endswith(("_group", "_permission"))]


def test_what_a_site_changed_stays_and_what_is_missing_comes_back():
    reviewers = Group.objects.get(name="Reviewers")
    reviewers.permissions.set(Permission.objects.filter(codename="view_budget"))
    Group.objects.get(name="Administrators").delete()
    ship_groups()
    assert [each.codename for each in reviewers.permissions.all()] == ["view_budget"]
    assert Group.objects.get(name="Administrators").permissions.count() == len(READY["Administrators"])
