"""The one app of the project."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    """Conversations with Claude, and what they cost."""

    name = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Ship the catalogue and the groups with every full migration, and have a logout close its sockets."""
        post_migrate.connect(_ship, sender=self)
        user_logged_out.connect(_close_sockets)


def _ship(plan: object = None, **_: Any) -> None:
    from chat.catalogue import load_catalogue
    from chat.groups import ship_groups
    from chat.readiness import migrations_problem

    # On the way back, or in between, the tables are not as the models have them. To flush a database has no plan.
    if plan is None or not migrations_problem():
        load_catalogue()
        ship_groups()


def _close_sockets(request: Any, user: Any, **_: Any) -> None:
    from chat.live.announce import announce_logout_sync

    if user is not None:
        announce_logout_sync(user.pk, request.session.session_key)
