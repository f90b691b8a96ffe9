"""All that is one person's, as one JSON object. ``docs/operations.md`` says what its members are."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone

from chat.exports import chats, records
from chat.exports.chats import joined
from chat.exports.forms import FORMS, json_of
from chat.exports.table import PORTION
from chat.models import Conversation, ReviewRecord, UsageRecord, User
from chat.models.keys import Keys
from chat.spending import spending_of, told

FORMAT = 1
ACCOUNT = ("id", "username", "first_name", "last_name", "email", "timezone", "date_joined", "last_login")


def pieces(person: User) -> Iterator[bytes]:
    """The object, from its first brace to its last: one that is cut off is no JSON."""
    yield json_of({"format": FORMAT, "exported_at": timezone.now(), **_about(person)})[:-1]
    yield b',"conversations":['
    yield from _conversations(person)
    yield b'],"usage_records":['
    yield from joined(json_of(record) for record in _records(person))
    if settings.CHAT_REVIEW_VISIBLE_TO_OWNER:
        yield b'],"readings":['
        yield from joined(json_of(reading) for reading in _readings(person))
    yield b"]}\n"


def _about(person: User) -> dict[str, Any]:
    spent = spending_of(person)
    return {
        "account": {name: getattr(person, name) for name in ACCOUNT},
        "groups": list(person.groups.order_by("name").values_list("name", flat=True)),
        "spending": {
            "today_usd": spent.today,
            "month_usd": spent.month,
            "budgets": [told(standing) for standing in spent.standings],
        },
    }


def _conversations(person: User) -> Iterator[bytes]:
    separator = b""
    for portion in Keys(Conversation.objects.of(person).order_by("created_at", "pk")).portions(chats.TOGETHER):
        for row in chats.told(portion):
            yield separator
            yield from chats.whole(row)
            separator = b","


def _records(person: User) -> Iterator[dict[str, Any]]:
    table = records.table(FORMS["jsonl"])
    for portion in Keys(UsageRecord.objects.filter(user=person).order_by("pk")).portions(PORTION):
        rows = sorted(table.read(portion), key=lambda row: int(row[0]))
        yield from (dict(zip(table.columns, row, strict=True)) for row in rows)


def _readings(person: User) -> Iterator[dict[str, Any]]:
    """Who has read what, oldest first."""
    for portion in Keys(ReviewRecord.objects.filter(owner=person).order_by("at", "pk")).portions(PORTION):
        for each in ReviewRecord.objects.filter(pk__in=portion).order_by("at", "pk"):
            told = {"at": each.at, "conversation_id": each.conversation_id, "reader": each.reader_name}
            yield {**told, "reason": each.reason, "how": each.how}
