"""The books, proved: what must hold of usage records whatever happened, and whether the provider's bill agrees.

Only reads, in bounded memory. What does not hold is a sentence that says what to do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, TruncDate
from django.utils import timezone

from chat import reports
from chat.anonymity import NOBODY
from chat.engine.charge import NOTHING, cost_again
from chat.ledger import ABANDONED_AFTER, CHUNK
from chat.models import BudgetAccount, Conversation, Message, UsageRecord
from chat.models.conversation import called
from chat.models.money import rounded
from chat.reports import RUNNING, UNPRICED, Totals, rollups

NAMED = 5  # examples in a sentence
SETTLED = timedelta(minutes=1)  # who ended a call this long ago has written that, even if clocks differ
CENT = Decimal("0.01")


def settled(now: datetime | None = None) -> QuerySet[UsageRecord]:
    """The calls that have been over long enough for no figure of them to change while they are read."""
    return UsageRecord.objects.exclude(RUNNING).filter(ended_at__lt=(now or timezone.now()) - SETTLED)


def problems(records: QuerySet[UsageRecord]) -> Iterator[str]:
    """What is wrong with the books; the sums are those of ``records``, which must not change meanwhile."""
    yield from _open_too_long()
    yield from _named(UsageRecord.objects.exclude(RUNNING | UNPRICED).filter(reserved__gt=0), _RESERVED)
    yield from _named(UsageRecord.objects.filter(UNPRICED), _UNPRICED)
    yield from _named(UsageRecord.objects.filter(_EXACT ^ Q(estimated_by="")), _UNEXPLAINED)
    yield from _named(_second_records(), _DOUBLE)
    yield from _unrecorded_answers()
    yield from _wrong_accounts()
    yield from _wrong_conversations()
    yield from _unknown_models()
    yield from _wrong_rollups()
    yield from _wrong_costs_and_sums(records)


_RESERVED = "{} over, but money is still held back: nothing but chat/ledger.py may write usage records."
_EXACT = Q(exactness=UsageRecord.Exactness.EXACT)
_UNEXPLAINED = (
    "{} not exact without a word on what the figures rest on, or exact with one: closed by a server of an older "
    "version, or not by chat/ledger.py."
)
_UNPRICED = (
    "{} without a price, so the sums are too small. Add a price under Language models in the administration, "
    "then run manage.py price_calls."
)
_DOUBLE = "{} recorded twice for the same attempt at an answer. Compare their request ids with the API's logs."
_LATE = "{} open for longer than a call can take. Start a server or a worker: its reaper closes what nobody else will."
_WRONG = "{} with a cost that is not tokens times price. The price and the tokens that were kept are the proof."
_MUTE = "{} without a usage record: what was spent is not known. Please report this."
_MISCOUNTED = "{} rolled up wrongly. Run manage.py build_rollups --anew, and please report this."
_UNLIKE = "{} with other figures than those of its messages and calls. Please report this."
_UNKNOWN = "{} without a model that was called for its answers, so a filter misses it. Please report this."
_UNEQUAL = "{} not the sum of its calls: nothing but chat/budgets.py may write budget accounts. Please report this."


def _open_too_long() -> Iterator[str]:
    longest = timedelta(seconds=settings.CHAT_TOTAL_SECONDS + settings.CHAT_REAP_SECONDS) + ABANDONED_AFTER
    yield from _named(UsageRecord.objects.filter(RUNNING, started_at__lt=timezone.now() - longest), _LATE)


def _second_records() -> QuerySet[UsageRecord]:
    same = {name: OuterRef(name) for name in ("message", "purpose", "attempt")}
    return UsageRecord.objects.filter(Exists(UsageRecord.objects.filter(pk__lt=OuterRef("pk"), **same)))


def _unrecorded_answers() -> Iterator[str]:
    over = Message.objects.filter(role=Message.Role.ASSISTANT).exclude(pk__in=Message.objects.open().values("pk"))
    recorded = UsageRecord.objects.filter(message=OuterRef("pk"), purpose=UsageRecord.Purpose.ANSWER)
    bare = over.filter(~Exists(recorded)).exclude(conversation__owner__username=NOBODY).only("state", "content")
    # One that was stopped or given up before the API was asked has nothing to be recorded.
    found = _Examples("answer")
    for each in bare.iterator(CHUNK):
        if each.content or each.state == Message.State.COMPLETE:
            found.add(each.pk)
    yield from found.sentence(_MUTE)


def _wrong_accounts() -> Iterator[str]:
    # One statement, so that a call which ends meanwhile is in both sums or in neither.
    records = UsageRecord.objects.all()
    sums = {
        "cost_of_calls": reports.summed(records, "cost", "accounts"),
        "held_for_calls": reports.summed(records, "reserved", "accounts"),
    }
    accounts = BudgetAccount.objects.annotate(**sums)
    wrong = accounts.exclude(spent=F("cost_of_calls"), reserved=F("held_for_calls"))
    found = _Examples("budget account")
    for key in wrong.values_list("pk", flat=True):
        found.add(key)
    yield from found.sentence(_UNEQUAL)


def _wrong_conversations() -> Iterator[str]:
    counted = {f"{name}_counted": figure for name, figure in reports.of_conversations().items()}
    wrong = Conversation.objects.annotate(**counted).exclude(
        **{name: F(f"{name}_counted") for name in reports.of_conversations()}
    )
    found = _Examples("conversation")
    for key in wrong.values_list("pk", flat=True):
        found.add(key)
    yield from found.sentence(_UNLIKE)


def _unknown_models() -> Iterator[str]:
    answers = UsageRecord.objects.order_by().filter(purpose=UsageRecord.Purpose.ANSWER, message__isnull=False)
    calls = answers.annotate(listed=F("message__conversation__called_models"))
    # A snapshot of what was asked stands there under the same alias; what else is left over is looked at here.
    another = ~Q(model_answered="") & ~Q(model_answered__startswith=F("model_asked"))
    unlike = calls.filter(~_listed("model_asked") | (another & ~_listed("model_answered")))
    found = _Examples("conversation")
    rows = unlike.values_list("message__conversation", "listed", "model_asked", "model_answered").distinct()
    for key, known, *names in rows.iterator(CHUNK):
        if not all(called([name]) in known for name in names):
            found.add(key)
    yield from found.sentence(_UNKNOWN)


def _listed(model: str) -> Q:
    return Q(listed__contains=Concat(Value(" "), model, Value(" ")))


def _wrong_rollups() -> Iterator[str]:
    found = _Examples("day")
    for day in rollups.wrong_days():
        found.add(f"{timezone.localtime(day.begin):%Y-%m-%d}")
    yield from found.sentence(_MISCOUNTED)


def _wrong_costs_and_sums(records: QuerySet[UsageRecord]) -> Iterator[str]:
    """One pass over all records; what it adds up must be what the reports say."""
    calls, cost, usage, wrong = 0, Decimal(0), NOTHING, _Examples("call")
    for record in records.order_by("pk").defer("usage").iterator(CHUNK):
        calls, cost, usage = calls + 1, cost + (record.cost or 0), usage + reports.usage_of(record)
        if not _proved(record):
            wrong.add(record.pk)
    yield from wrong.sentence(_WRONG)
    whole = (calls, cost, usage)
    days = records.annotate(day=TruncDate("started_at", tzinfo=UTC))
    sums = {
        "the total": [reports.totals(records)],
        "the sum by person": reports.totals_by(records, "user").values(),
        "the sum by model": reports.totals_by(records, "model_asked").values(),
        "the sum by day": reports.totals_by(days, "day").values(),
    }
    for name, parts in sums.items():
        if (reported := _added(parts)) != whole:
            yield f"{_figures(name, *reported)}, but {_figures('the records', *whole)}. Please report this."


def _proved(record: UsageRecord) -> bool:
    usage = reports.usage_of(record)
    if record.cost is None:
        return record.price is None
    if not record.billed or record.price is None:
        return record.cost == 0 and (not record.billed or usage == NOTHING)
    raw = record.usage if "iterations" in record.price else {}
    return record.cost == rounded(cost_again(usage, raw, record.price))


def _added(parts: Iterable[Totals]) -> tuple[int, Decimal, object]:
    calls, cost, usage = 0, Decimal(0), NOTHING
    for part in parts:
        calls, cost, usage = calls + part.calls, cost + part.cost, usage + part.usage
    return calls, cost, usage


def _figures(name: str, calls: int, cost: Decimal, usage: object) -> str:
    return f"{name[:1].upper()}{name[1:]}: {calls} calls, ${cost:f}, {usage}"


@dataclass
class _Examples:
    """How many were found, and the first of them."""

    noun: str
    count: int = 0
    first: tuple[object, ...] = ()

    def add(self, key: object) -> None:
        """One more."""
        self.count += 1
        self.first = (*self.first, key)[:NAMED]

    def sentence(self, text: str) -> Iterator[str]:
        """``text`` about them, where there are any."""
        if self.count:
            named = ", ".join(str(key) for key in self.first) + (", ..." if self.count > NAMED else "")
            some = f"1 {self.noun} ({named}) is" if self.count == 1 else f"{self.count} {self.noun}s ({named}) are"
            yield text.format(some)


def _named(records: QuerySet[UsageRecord], text: str) -> Iterator[str]:
    first = tuple(records.order_by("pk").values_list("pk", flat=True)[:NAMED])
    yield from _Examples("call", records.count() if first else 0, first).sentence(text)


@dataclass(frozen=True, slots=True)
class Day:
    """A day in UTC: USD that the provider billed, and what our records of that day come to."""

    day: date
    billed: Decimal
    ours: Totals

    @property
    def difference(self) -> Decimal:
        """USD that the provider billed more than we know of."""
        return self.billed - self.ours.cost

    @property
    def problem(self) -> str:
        """Why the two do not go together; empty where what is not exact in our figure, or a cent, explains it."""
        slack = self.ours.inexact + CENT
        if self.difference < -slack:
            return "We charged more than was billed: a price is too high, or the workspace is not the one of the key."
        if self.difference > slack and self.ours.exactness != UsageRecord.Exactness.LOWER_BOUND:
            return "More was billed than we charged: another key of the organisation was used, or a price is too low."
        return ""


def days(first: date, last: date, bill: Mapping[date, Decimal]) -> Iterator[Day]:
    """The provider's bill day by day, from ``first`` to ``last``, beside ours."""
    day = first
    while day <= last:
        begin = datetime.combine(day, time(), UTC)
        records = UsageRecord.objects.filter(started_at__gte=begin, started_at__lt=begin + timedelta(days=1))
        yield Day(day, bill.get(day, Decimal(0)), reports.totals(records))
        day += timedelta(days=1)
