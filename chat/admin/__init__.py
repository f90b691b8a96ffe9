"""The administration: conversations with what each message cost, usage records, people, budgets and the catalogue.

Django's own permissions decide who sees what. Conversations and usage records can be read, never edited.
"""

from django.contrib import admin

from chat.admin import budgets, catalogue, conversations, usage, users

__all__ = ["budgets", "catalogue", "conversations", "usage", "users"]

admin.site.site_header = admin.site.site_title = "Chat administration"
admin.site.index_title = "Overview"
admin.site.enable_nav_sidebar = False  # the header leads everywhere, the tables need the width
