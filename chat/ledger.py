"""The ledger: the only writer of usage records. One call to the API, one record, whatever its end.

A record is opened before the call is made and closed once, by whoever comes first: the turn that ends, or the reaper.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum, Value
from django.utils import timezone

from chat import budgets, prompts
from chat.engine.ceiling import Ceiling, Size
from chat.engine.charge import Charge, charge
from chat.engine.errors import Refused
from chat.engine.pricing import Price, price_for
from chat.engine.provider import Prompt
from chat.engine.usage import Usage
from chat.models import Conversation, Message, UsageRecord
from chat.models import Price as PriceRow
from chat.models.catalogue import alias_of
from chat.models.money import UsdField, rounded
from chat.models.usage import columns_of
from chat.reports import UNPRICED, rollups

Exactness, EstimatedBy = UsageRecord.Exactness, UsageRecord.EstimatedBy
End = UsageRecord.End

_NOTHING = Decimal(0)
ABANDONED_AFTER = timedelta(minutes=2)  # longer than any call that no message waits for
CHUNK = 1000  # records in memory at a time
LONGEST = 100  # of the names that come from outside; a gateway may make up longer ones than the columns hold


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call: who answered, the API's merged usage object, and how long it took in seconds.

    ``estimated_by`` says what figures that are not exact rest on; it is empty where they are.
    ``billed`` is false for a refusal before any output, which the API counts but does not charge.
    """

    record: int
    model: str = ""
    request_id: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    exactness: str = Exactness.EXACT
    estimated_by: str = ""
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


class Uncounted(Exception):
    """A hard budget binds, and nobody has counted what the call sends. Count it, and do the same again."""


class UncountedQuestion(Uncounted):
    """The same of a question that is about to be taken; ``prompt`` is what to count."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__("The prompt has to be counted first.")
        self.prompt = prompt


class Opened(NamedTuple):
    """The record of a call, and the longest answer in tokens that is paid for; ``None`` where no hard budget binds."""

    record: int
    max_tokens: int | None


@transaction.atomic(savepoint=False)
def open_call(
    *,
    user_id: int,
    model: str,
    message_id: UUID | None = None,
    purpose: str = UsageRecord.Purpose.ANSWER,
    attempt: int = 1,
    size: Size | None = None,
) -> Opened:
    """Open the record of a call that is about to be made, and hold back what it may cost where a hard budget binds.

    Again for the same attempt at a message's answer or title it is the same record: whoever lost the database in the
    middle of this cannot know whether it was done. Raises `Uncounted`, and `Refused` as ``over_budget``, ``unpriced``,
    or ``ended`` where somebody has closed it meanwhile.
    """
    fields = {"user_id": user_id, "model_asked": model, "started_at": timezone.now()}
    same = {"message_id": message_id, "purpose": purpose, "attempt": attempt}
    for opened in UsageRecord.objects.order_by().filter(**same) if message_id else ():
        if opened.end != End.OPEN:
            raise Refused("ended", "This answer is already over.")
        return Opened(opened.pk, opened.max_tokens)
    record = UsageRecord.objects.create(**same, **fields)
    _hold_back(record, user_id, size)
    return Opened(record.pk, record.max_tokens)


def open_ahead(answer: Message, user_id: int, size: Size | None) -> None:
    """Where a hard budget binds, open an answer's first call together with the question, or have the question refused.

    Raises `UncountedQuestion`, and `Refused` as `open_call` does.
    """
    if budgets.bind(user_id):
        if size is None:
            raise UncountedQuestion(prompts.prompt_of(answer.pk))
        open_call(user_id=user_id, model=answer.model, message_id=answer.pk, size=size)


def _hold_back(record: UsageRecord, user_id: int, size: Size | None) -> None:
    standings = budgets.standings(user_id, record.started_at)
    if budgets.hard(standings):
        if size is None:
            raise Uncounted
        ceiling = _ceiling(record, size)
        record.max_tokens = budgets.affordable(standings, ceiling, size.answer)
        record.reserved = rounded(ceiling.cost(record.max_tokens))
        record.save(update_fields=["max_tokens", "reserved"])
    if standings:
        held = budgets.reserve(record.pk, standings, record.reserved)
        assert held, "The accounts are locked since they were read."


def _ceiling(record: UsageRecord, size: Size) -> Ceiling:
    price = price_at(record.model_asked, record.started_at, size.prompt)
    if price is None:
        raise Refused(
            "unpriced",
            f"The model {record.model_asked} has no price, so nobody knows whether the budget is enough. "
            "Choose another model.",
        )
    return Ceiling.of(price, size.prompt)


def note_start(call: Call) -> None:
    """Keep what the start of the stream told (the exact input side), in case this process does not live to its end."""
    UsageRecord.objects.filter(pk=call.record, end=End.OPEN).update(
        model_answered=call.model[:LONGEST], request_id=call.request_id[:LONGEST], usage=dict(call.usage)
    )


@transaction.atomic(savepoint=False)
def close_call(call: Call, end: str) -> bool:
    """Close a record: count its tokens, price them, say how exact that is, settle what was held back for it.

    False where it was closed already.
    """
    still_open = UsageRecord.objects.filter(pk=call.record, end=End.OPEN)
    try:
        record = still_open.get()
    except UsageRecord.DoesNotExist:
        return False
    charged = _charged(call.model or record.model_asked, record.started_at, call.usage)
    cost = charged and (charged.cost if call.billed else _NOTHING)
    ended = {"end": end, "ended_at": timezone.now(), "price": charged and charged.price}
    if record.purpose == UsageRecord.Purpose.ANSWER:
        chats = Conversation.objects.filter(messages=record.message_id)
        chats.note_answer(asked=record.model_asked, answered=call.model, usage=call.usage)
    return _charge(record, still_open, cost, unpriced=cost is None, **_told(call), **ended)


def _told(call: Call) -> dict[str, Any]:
    """What is known of a call, as the columns of its record."""
    return {
        "model_answered": call.model[:LONGEST],
        "request_id": call.request_id[:LONGEST],
        "usage": dict(call.usage),
        **columns_of(Usage.from_api(call.usage)),
        "billed": call.billed,
        "exactness": call.exactness,
        "estimated_by": "" if call.exactness == Exactness.EXACT else call.estimated_by or EstimatedBy.UNKNOWN,
        "error_code": call.error_code,
        "first_token_seconds": call.first_token_seconds,
        "seconds": call.seconds,
    }


def _charge(
    record: UsageRecord, still: QuerySet[UsageRecord], cost: Decimal | None, *, unpriced: int, **fields: Any
) -> bool:
    """Write what a call came to, and count it wherever calls are added up; false where it is no more what it was.

    Without a price what was held back for it stays so: a hard budget that counted it as nothing would bind nobody.
    """
    spent = cost or _NOTHING
    held = record.reserved if cost is None else _NOTHING
    # Before the record is written: who deletes a conversation locks that first, and then its records.
    _count_in_conversation(record, spent, unpriced)
    if not still.update(cost=cost, reserved=held, **fields):
        _count_in_conversation(record, -spent, -unpriced)
        return False
    rollups.mark_stale(record.started_at)
    budgets.settle(record.pk, held=record.reserved - held, cost=spent)
    return True


def _count_in_conversation(record: UsageRecord, spent: Decimal, unpriced: int) -> None:
    if record.message_id and (spent or unpriced):
        Conversation.objects.filter(messages=record.message_id).update(
            spent=F("spent") + Value(spent, UsdField()), unpriced=F("unpriced") + int(unpriced)
        )


def close_unasked(message_id: UUID, end: str) -> None:
    """Close what was opened with a question that was never sent to the API: it used nothing."""
    for call in open_calls(message_id):
        close_call(Call(call.record), end)


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
                if dry_run or _price_late(record, charged, cost):
                    yield LatePrice(record.pk, answered, cost, at=moment)
                break


@transaction.atomic
def _price_late(record: UsageRecord, charged: Charge, cost: Decimal) -> bool:
    still_unpriced = UsageRecord.objects.filter(UNPRICED, pk=record.pk)
    # Who prices it at the same moment is waited for: the conversation has one unpriced call less only once.
    list(Conversation.objects.select_for_update(of=("self",)).filter(messages=record.message_id).values_list("pk"))
    return still_unpriced.exists() and _charge(record, still_unpriced, cost, unpriced=-1, price=charged.price)


def _charged(answered: str, at: datetime, usage: Mapping[str, Any]) -> Charge | None:
    return charge(usage, lambda model, prompt: price_at(model or answered, at, prompt))


def price_at(model: str, at: datetime, prompt: int) -> Price | None:
    """The price of a model, or of the alias behind a dated snapshot, at a moment for a prompt of so many tokens."""
    names = (model, alias_of(model))
    rows = list(PriceRow.objects.order_by().filter(model_id__in=names, valid_from__lte=at))
    for name in dict.fromkeys(names):
        if price := price_for([row.value for row in rows if row.model_id == name], at=at, prompt=prompt):
            return price
    return None


def has_charged(model: str, since: datetime | None = None) -> bool:
    """Whether a call that was made at this moment or later, or ever, has been charged a price of this model."""
    calls = UsageRecord.objects.filter(model_answered__startswith=model).exclude(cost=None)
    if since is not None:
        calls = calls.filter(started_at__gte=since)
    answered = calls.order_by().values_list("model_answered", flat=True).distinct()
    return any(model in (name, alias_of(name)) for name in answered)


def open_calls(message_id: UUID) -> list[Call]:
    """The calls of a message whose records are still open: what `note_start` kept of them, which is a lower bound."""
    return _calls(UsageRecord.objects.filter(message_id=message_id))


def written_before(message_id: UUID) -> Usage:
    """The output and the searches of the calls of an answer that came to their end: those that a last one continues."""
    records = UsageRecord.objects.filter(message_id=message_id, purpose=UsageRecord.Purpose.ANSWER, end=End.COMPLETE)
    sums = records.aggregate(output=Sum("output_tokens"), web_searches=Sum("web_searches"))
    return Usage(**{name: total or 0 for name, total in sums.items()})


def abandoned_calls() -> list[Call]:
    """Calls that nobody will close: no answer is being written for them, and they have had their time.

    A title's call whose process was killed, say. One whose chat was deleted just now still has a runner, who alone
    knows what arrived: leave it a moment.
    """
    late = UsageRecord.objects.filter(started_at__lt=timezone.now() - ABANDONED_AFTER)
    return _calls(late.exclude(message__in=Message.objects.open()))


def _calls(records: QuerySet[UsageRecord]) -> list[Call]:
    still_open = records.filter(end=End.OPEN)
    known = (Exactness.LOWER_BOUND, EstimatedBy.LAST_COUNT)
    return [Call(each.pk, each.model_answered, each.request_id, each.usage, *known) for each in still_open]
