"""The one app of the project."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Conversations with Claude, and what they cost."""

    name = "chat"
    verbose_name = "Chat"
