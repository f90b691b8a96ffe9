"""The first account of a new site, made once over a signed link from the console: there is no default password."""

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction

from chat.models import User

SALT = "first administrator"
LASTS = 24 * 60 * 60  # seconds


def make_token() -> str:
    """What the link from the console carries; signed with the secret key, good for a day."""
    return signing.dumps("", salt=SALT)


def accepts(token: str) -> bool:
    """Whether the token still opens the door: signed by us, not too old, and nobody has an account yet."""
    try:
        signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


@transaction.atomic
def create(username: str, password: str) -> User | None:
    """The administrator, or None where somebody was quicker."""
    # There is no row of ours yet to lock, so the row that names our table serves: of two at once, the second waits
    # here and then sees the first. (SQLite has no row locks, and needs none: only one transaction writes.)
    kind = ContentType.objects.get_for_model(User)
    ContentType.objects.select_for_update().get(pk=kind.pk)
    if User.objects.exists():
        return None
    return User.objects.create_superuser(username, password=password)
