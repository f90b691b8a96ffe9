"""Icons of the one sprite, ``static/chat/icons.svg``."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """The icon of that name; it says nothing to a screen reader, so what holds it needs a label."""
    return format_html(
        '<svg class="icon" data-icon="{0}" aria-hidden="true"><use href="{1}#{0}"></use></svg>',
        name,
        static("chat/icons.svg"),
    )
