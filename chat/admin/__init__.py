"""The administration: a dashboard, conversations with what each message cost, usage records, people, budgets, the
catalogue, and who read whose conversation.

Django's own permissions decide who sees what, and `chat.reviews` who may read what others wrote. Conversations, usage
and review records can be read, never edited.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import mark_safe

from chat.admin import budgets, catalogue, conversations, groups, reviews, usage, users

__all__ = ["budgets", "catalogue", "conversations", "groups", "reviews", "usage", "users"]


def _overview(request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """There is one: that of an application alone would be a second one."""
    return redirect("admin:index")


admin.site.app_index = _overview  # type: ignore[assignment, method-assign]
admin.site.empty_value_display = mark_safe('<span class="none">–</span>')
admin.site.site_header = admin.site.site_title = "Chat administration"
admin.site.index_title = "Overview"
admin.site.enable_nav_sidebar = False  # the header leads everywhere, the tables need the width
