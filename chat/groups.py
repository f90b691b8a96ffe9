"""Two groups to begin with: one reads what others wrote, one administers. A site may change them as it likes."""

from django.contrib.auth.models import Group, Permission

_ALL = ("add", "change", "delete", "view")

READY = {
    "Reviewers": ("view_conversation", "review_conversations", "view_usagerecord"),
    "Administrators": (
        *(f"{act}_{model}" for model in ("user", "budget", "languagemodel", "price") for act in _ALL),
        "view_conversation",
        "delete_conversation",  # deleting a person takes theirs along
        "view_usagerecord",
        "view_reviewrecord",
        "hold_conversations",
    ),
}
"""What each may do; reading text and handing out money are never together."""


def ship_groups() -> None:
    """Make those that are missing. One that is there stays as it is."""
    known = set(Group.objects.filter(name__in=READY).values_list("name", flat=True))
    for name in READY.keys() - known:
        granted = Permission.objects.filter(content_type__app_label="chat", codename__in=READY[name])
        Group.objects.create(name=name).permissions.set(granted)
