"""People who log in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person; ours from the first migration on, so that it can grow fields."""
