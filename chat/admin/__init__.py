"""The administration: a dashboard, conversations with what each message cost, usage records, people, budgets, the
catalogue, and who read whose conversation.

Django's own permissions decide who sees what, and `chat.reviews` who may read what others wrote. Conversations, usage
and review records can be read, never edited.
"""

from django.contrib import admin
from django.utils.safestring import mark_safe

from chat.admin import budgets, catalogue, conversations, groups, reviews, usage, users

__all__ = ["budgets", "catalogue", "conversations", "groups", "reviews", "usage", "users"]

admin.site.empty_value_display = mark_safe('<span class="none">–</span>')
admin.site.site_header = admin.site.site_title = "Chat administration"
admin.site.index_title = "Overview"
admin.site.enable_nav_sidebar = False  # the header leads everywhere, the tables need the width
