"""The ways through the administration, in the order in which they are taken."""

from typing import Any, NamedTuple

from django import template

register = template.Library()

_ORDER = ("Conversation", "UsageRecord", "User", "Group", "Budget", "LanguageModel", "ReviewRecord")


class Place(NamedTuple):
    """A list that the person may see; ``name`` is that of its model."""

    label: str
    href: str
    name: str


@register.filter
def places(apps: list[dict[str, Any]]) -> list[Place]:
    """The lists of all applications, what is looked at most first; those that are not known to us last."""
    listed = [
        Place(str(model["name"]), model["admin_url"], model["object_name"])
        for app in apps
        for model in app["models"]
        if model["admin_url"]
    ]
    return sorted(listed, key=lambda each: _ORDER.index(each.name) if each.name in _ORDER else len(_ORDER))
