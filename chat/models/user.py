"""People who log in."""

from datetime import tzinfo
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A person; ours from the first migration on, so that it can grow fields."""

    timezone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Where the person's days begin, as the page last told; empty: TIME_ZONE.",
    )

    deleted_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the account was deleted. What it cost still counts, under a name that says nothing.",
    )

    @property
    def zone(self) -> tzinfo:
        """The time zone in which the person's days begin."""
        return zone_of(self.timezone)


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; the site's where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return timezone.get_default_timezone()
