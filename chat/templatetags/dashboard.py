"""The dashboard, for the first page of the administration."""

from django import template
from django.http import HttpRequest

from chat.admin.dashboard import Page, page_of

register = template.Library()


@register.simple_tag(takes_context=True)
def dashboard(context: template.Context) -> Page:
    """What to show for the range of the request."""
    request: HttpRequest = context["request"]
    return page_of(request)
