"""Between two tests the database is made new again."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command

from chat.models import Conversation, LanguageModel, Price
from tests.asking import answered

pytestmark = pytest.mark.django_db(transaction=True)

SHIPPED = (LanguageModel, Price, Group, Permission, ContentType, Group.permissions.through)


def shipped_rows():
    """What a site has before anybody uses it."""
    return {model: sorted(model.objects.values_list(), key=str) for model in SHIPPED}


def test_what_was_added_is_gone_and_what_was_shipped_is_as_it_was(django_db_setup, alice, client_of):
    new = shipped_rows()
    assert all(new.values())
    answered(alice)
    client_of(alice)
    Price.objects.update(input=1)
    Group.objects.all().delete()
    LanguageModel.objects.first().delete()
    Permission.objects.create(codename="new", content_type=ContentType.objects.first())
    django_db_setup.restore()
    assert shipped_rows() == new
    assert not any(model.objects.exists() for model in (type(alice), Conversation, Session))


def test_a_site_that_is_emptied_has_what_is_shipped_again():
    LanguageModel.objects.all().delete()
    call_command("flush", verbosity=0, interactive=False)
    assert {model for model, rows in shipped_rows().items() if not rows} == set()
