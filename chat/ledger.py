"""The ledger: the only writer of usage records. One call to the API, one record, whatever its end.

A record is opened before the call is made and closed once, by whoever comes first: the turn that ends, or the reaper.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from chat.engine.charge import Charge, charge
from chat.engine.pricing import Price, price_for
from chat.engine.usage import Usage
from chat.models import Message, UsageRecord
from chat.models import Price as PriceRow
from chat.models.catalogue import alias_of
from chat.reports import UNPRICED

Exactness = UsageRecord.Exactness
End = UsageRecord.End

_NOTHING = Decimal(0)
ABANDONED_AFTER = timedelta(minutes=2)  # longer than any call that no message waits for
CHUNK = 1000  # records in memory at a time
LONGEST = 100  # of the names that come from outside; a gateway may make up longer ones than the columns hold


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call: who answered, the API's merged usage object, and how long it took in seconds.

    ``billed`` is false for a refusal before any output, which the API counts but does not charge.
    """

    record: int
    model: str = ""
    request_id: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    exactness: str = Exactness.EXACT
    billed: bool = True
    error_code: str = ""
    first_token_seconds: float | None = None
    seconds: float | None = None


class LatePrice(NamedTuple):
    """A call that was priced after it was closed: USD, by the price that held ``at`` a moment."""

    record: int
    model: str
    cost: Decimal
    at: datetime


def open_call(
    *,
    user_id: int,
    model: str,
    message_id: UUID | None = None,
    purpose: str = UsageRecord.Purpose.ANSWER,
    attempt: int = 1,
    reserved: Decimal = _NOTHING,
) -> int:
    """Open the record of a call that is about to be made, which may cost up to ``reserved``; returns its key.

    Again for the same attempt at a message's answer or title it is the same record: whoever lost the database in the
    middle of this cannot know whether it was done.
    """
    fields = {"user_id": user_id, "model_asked": model, "started_at": timezone.now(), "reserved": reserved}
    if message_id is None:
        return UsageRecord.objects.create(purpose=purpose, attempt=attempt, **fields).pk
    record, _ = UsageRecord.objects.get_or_create(
        message_id=message_id, purpose=purpose, attempt=attempt, defaults=fields
    )
    return record.pk


def note_start(call: Call) -> None:
    """Keep what the start of the stream told (the exact input side), in case this process does not live to its end."""
    UsageRecord.objects.filter(pk=call.record, end=End.OPEN).update(
        model_answered=call.model[:LONGEST], request_id=call.request_id[:LONGEST], usage=dict(call.usage)
    )


def close_call(call: Call, end: str) -> bool:
    """Close a record: count its tokens, price them, say how exact that is, let go of what was reserved.

    False where it was closed already.
    """
    record = UsageRecord.objects.filter(pk=call.record, end=End.OPEN).first()
    if record is None:
        return False
    usage = Usage.from_api(call.usage)
    charged = _charged(call.model or record.model_asked, record.started_at, call.usage)
    closed = UsageRecord.objects.filter(pk=call.record, end=End.OPEN).update(
        model_answered=call.model[:LONGEST],
        request_id=call.request_id[:LONGEST],
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_write_5m_tokens=usage.cache_write_5m,
        cache_write_1h_tokens=usage.cache_write_1h,
        cache_read_tokens=usage.cache_read,
        thinking_tokens=usage.thinking,
        web_searches=usage.web_searches,
        web_fetches=usage.web_fetches,
        usage=dict(call.usage),
        price=charged and charged.price,
        cost=charged and (charged.cost if call.billed else _NOTHING),
        billed=call.billed,
        reserved=_NOTHING,
        exactness=call.exactness,
        end=end,
        error_code=call.error_code,
        ended_at=timezone.now(),
        first_token_seconds=call.first_token_seconds,
        seconds=call.seconds,
    )
    return closed == 1


def price_unpriced(*, dry_run: bool = False) -> Iterator[LatePrice]:
    """Price the calls that are over and have no cost, as far as there are prices by now; gives each that is changed.

    Where no price had begun when the call was made, the first that began later is taken.
    """
    for record in UsageRecord.objects.filter(UNPRICED).order_by("pk").iterator(chunk_size=CHUNK):
        answered = record.model_answered or record.model_asked
        starts = PriceRow.objects.filter(valid_from__gt=record.started_at, valid_from__lte=timezone.now())
        later = starts.order_by("valid_from").values_list("valid_from", flat=True).distinct()
        for moment in (record.started_at, *later):
            if charged := _charged(answered, moment, record.usage):
                cost = charged.cost if record.billed else _NOTHING
                still = UsageRecord.objects.filter(UNPRICED, pk=record.pk)
                if dry_run or still.update(price=charged.price, cost=cost):
                    yield LatePrice(record.pk, answered, cost, at=moment)
                break


def _charged(answered: str, at: datetime, usage: Mapping[str, Any]) -> Charge | None:
    return charge(usage, lambda model, prompt: price_at(model or answered, at, prompt))


def price_at(model: str, at: datetime, prompt: int) -> Price | None:
    """The price of a model, or of the alias behind a dated snapshot, at a moment for a prompt of so many tokens."""
    for name in dict.fromkeys((model, alias_of(model))):
        prices = [row.value for row in PriceRow.objects.filter(model_id=name, valid_from__lte=at)]
        if price := price_for(prices, at=at, prompt=prompt):
            return price
    return None


def has_charged(model: str, since: datetime) -> bool:
    """Whether a call that was made at this moment or later has been charged a price of this model."""
    calls = UsageRecord.objects.filter(started_at__gte=since, model_answered__startswith=model).exclude(cost=None)
    answered = calls.order_by().values_list("model_answered", flat=True).distinct()
    return any(model in (name, alias_of(name)) for name in answered)


def open_calls(message_id: UUID) -> list[Call]:
    """The calls of a message whose records are still open, with what `note_start` kept of them."""
    return _calls(UsageRecord.objects.filter(message_id=message_id))


def written_before(message_id: UUID) -> Usage:
    """The output and the searches of the calls of an answer that came to their end: those that a last one continues."""
    records = UsageRecord.objects.filter(message_id=message_id, purpose=UsageRecord.Purpose.ANSWER, end=End.COMPLETE)
    sums = records.aggregate(output=Sum("output_tokens"), web_searches=Sum("web_searches"))
    return Usage(**{name: total or 0 for name, total in sums.items()})


def abandoned_calls() -> list[Call]:
    """Calls that nobody will close: no answer is being written for them, and they have had their time.

    A title's call whose process was killed, say, or an answer's whose chat was deleted just before.
    """
    late = UsageRecord.objects.filter(started_at__lt=timezone.now() - ABANDONED_AFTER)
    return _calls(late.exclude(message__in=Message.objects.open()))


def _calls(records: QuerySet[UsageRecord]) -> list[Call]:
    still_open = records.filter(end=End.OPEN)
    return [Call(record.pk, record.model_answered, record.request_id, record.usage) for record in still_open]
