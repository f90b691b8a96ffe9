"""The whole of it: so many conversations, messages and usage records, in batches that bound the memory."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone

from chat import conversations, search
from chat.models.insert import ROWS, insert
from chat.reports import rollups
from chat.sample import budgets, rhythm
from chat.sample.conversations import Conversations, Made
from chat.sample.models import Models
from chat.sample.people import people

CALLS_OF_AN_ANSWER = 1.06  # with those that failed before it
_MOST_CALLS = 1.15
UNPRICED_FOR = timedelta(days=40)
QUIET = timedelta(hours=1)  # nothing is so new that it could still be going on


@dataclass(frozen=True)
class Size:
    """How many rows. There are more ``records`` than answers and titles: those of conversations that were deleted."""

    conversations: int
    messages: int
    records: int

    @property
    def exchanges(self) -> int:
        """Questions with their answers."""
        return self.messages // 2

    @property
    def people(self) -> int:
        """How many people have so much to say."""
        return max(5, min(self.conversations // 300, 2_000))


def generate(size: Size, seed: int, told: Callable[[str], None]) -> None:
    """Add such a site to the database. The same seed makes the same site, but for the moment at which it ends."""
    random, now = Random(seed), timezone.now() - QUIET  # noqa: S311 - the opposite of a secret
    asking = people(size.people, now, random)
    models = Models(now, now - UNPRICED_FOR)
    count = [0, 0, 0]
    for batch in _batches(_made(size, Conversations(asking, models, now, random), now, random)):
        _write(batch, count)
        told(f"{count[0]:,} conversations, {count[1]:,} messages, {count[2]:,} usage records")
    with transaction.atomic():
        budgets.limit(asking, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rollups.build_all(timezone.now())


def _made(size: Size, conversations: Conversations, now: datetime, random: Random) -> Iterator[Made]:
    lengths = _lengths(size, random)
    mean = CALLS_OF_AN_ANSWER * size.exchanges / size.conversations + 1
    deleted = max(0, round(size.records / mean) - size.conversations)
    kept = [True] * size.conversations + [False] * deleted
    random.shuffle(kept)
    # What is deleted may take as much of the records as is left when all that is kept has its own.
    free = size.records - math.ceil(_MOST_CALLS * size.exchanges) - size.conversations
    missing = size.records
    for at, is_kept in zip(rhythm.moments(len(kept), now, random), kept, strict=True):
        if is_kept:
            made = conversations.one(at, lengths.pop())
        else:
            made = conversations.deleted(at, _length(size, random)).first(free)
            free -= len(made.records)
        missing -= len(made.records)
        yield made
    for at in rhythm.moments(max(0, missing), now, random):
        made = conversations.deleted(at, 1).first(missing)
        missing -= len(made.records)
        yield made


def _length(size: Size, random: Random) -> int:
    return max(1, round(random.expovariate(size.conversations / size.exchanges) + 0.1))


def _lengths(size: Size, random: Random) -> list[int]:
    """How many exchanges each conversation has: at least one, together exactly as many as there are to be."""
    weights = [random.expovariate(1) for _ in range(size.conversations)]
    free, rest, lengths = size.exchanges - size.conversations, sum(weights), []
    for weight in weights:
        more = round(free * weight / rest) if rest > 0 else free
        lengths.append(1 + more)
        free, rest = free - more, rest - weight
    lengths[-1] += free
    random.shuffle(lengths)
    return lengths


def _batches(made: Iterator[Made]) -> Iterator[list[Made]]:
    batch: list[Made] = []
    rows = 0
    for each in made:
        batch.append(each)
        rows += len(each.messages) + len(each.records)
        if rows >= ROWS:
            yield batch
            batch, rows = [], 0
    yield batch


@transaction.atomic
def _write(batch: list[Made], count: list[int]) -> None:
    chats = [made.conversation for made in batch if made.conversation]
    messages = [message for made in batch for message in made.messages]
    records = [record for made in batch for record in made.records]
    insert(chats)
    insert(messages)
    records.sort(key=lambda record: record.started_at)
    insert(records)
    search.rebuild([chat.pk for chat in chats])
    conversations.recount([chat.pk for chat in chats])
    for number, written in enumerate((len(chats), len(messages), len(records))):
        count[number] += written
