"""Groups in the administration."""

import pytest
from django.contrib.auth.models import Group

from tests.admin.conftest import column

LIST = "/admin/auth/group/"
pytestmark = pytest.mark.django_db


def test_the_list_says_how_many_people_are_in_each(office, alice, bob):
    for name, people in {"Crew": (alice, bob), "Empty": ()}.items():
        Group.objects.create(name=name).user_set.set(people)
    page = office.get(LIST, {"q": "e"})
    found = dict(zip(column(page, "name"), column(page, "people"), strict=True))
    assert (found["Crew"], found["Empty"]) == ("2", "0")


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, alice):
    few = queries_of(LIST)
    for number in range(20):
        Group.objects.create(name=f"Group {number}").user_set.add(alice)
    assert queries_of(LIST) == few
