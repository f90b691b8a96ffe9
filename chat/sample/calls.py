"""What calls used and cost: prompts that grow and are cached, answers that end well, badly or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from chat.engine.usage import Usage
from chat.models import UsageRecord
from chat.models.money import rounded
from chat.models.usage import columns_of
from chat.sample.models import UNPRICED, Models

End, Exactness, Purpose = UsageRecord.End, UsageRecord.Exactness, UsageRecord.Purpose
EstimatedBy = UsageRecord.EstimatedBy
ERRORS = ("overloaded", "rate_limited", "server_error", "timeout", "cut_off", "unreachable", "bad_request", "too_large")
_ERROR_WEIGHTS = (44, 22, 10, 8, 6, 5, 3, 2)
BROKE = {"timeout", "cut_off"}  # what happens after the stream began
_ENDS = (End.COMPLETE, End.STOPPED, End.FAILED, End.INTERRUPTED)
_END_WEIGHTS = (93.2, 3.6, 2.6, 0.6)
_SPEEDS = {"haiku": (0.35, 160), "sonnet": (0.8, 78), "opus": (1.3, 56), "fable": (1.9, 38), "orbit": (1.5, 48)}
_ON_TERMS = {"claude-opus-5-5", "claude-opus-5"}  # that have a price in the US only, and for being fast
_SUCCEEDED_BY = {"claude-fable-5-2": "claude-opus-5-5", "claude-fable-5-1": "claude-opus-5"}  # who takes over


@dataclass(frozen=True)
class Asked:
    """A question as the ledger sees it: ``known`` tokens of the prompt may be in the cache, ``fresh`` are new."""

    at: float
    model: str
    user: int | None
    known: int
    fresh: int
    written: int


class Calls:
    """Makes the usage records of answers and titles."""

    def __init__(self, models: Models, random: Random) -> None:
        self._models, self._random = models, random

    def answer(self, asked: Asked, message: UUID | None) -> list[UsageRecord]:
        """The calls for one answer: attempts that failed, and the one that ended it, which is the last."""
        chance, records = self._random, []
        end = chance.choices(_ENDS, _END_WEIGHTS)[0]
        failures = (1 + (chance.random() < 0.5)) if end == End.FAILED else chance.choices((0, 1, 2), (96, 3, 1))[0]
        at = asked.at
        for attempt in range(1, failures + 1):
            last = end == End.FAILED and attempt == failures
            records.append(self._failed(asked, at, message, attempt, may_break=last))
            at += (records[-1].seconds or 0) + chance.uniform(0.5, 4)
        if end != End.FAILED:
            records.append(self._written(asked, at, message, failures + 1, end))
        return records

    def title(self, asked: Asked, message: UUID | None) -> UsageRecord:
        """The call for the title of a conversation."""
        chance = self._random
        model = self._models.for_titles(asked.at)
        raw = _usage(asked.fresh + 60 + min(asked.written, 400), chance.randint(4, 11))
        first, seconds = self._pace(model, raw["output_tokens"])
        return self._closed(
            self._record(asked, asked.at + chance.uniform(2, 20), message, 1, model=model, purpose=Purpose.TITLE),
            raw, End.COMPLETE, first, seconds,
        )  # fmt: skip

    def _failed(self, asked: Asked, at: float, message: UUID | None, attempt: int, *, may_break: bool) -> UsageRecord:
        code = self._random.choices(ERRORS, _ERROR_WEIGHTS)[0]
        record = self._record(asked, at, message, attempt)
        record.error_code = code
        if code in BROKE and may_break:
            record.exactness, record.estimated_by = Exactness.ESTIMATED, EstimatedBy.TEXT_COUNTED
            raw = self._prompt(asked) | {"output_tokens": asked.written // 3}
            return self._closed(record, raw, End.FAILED, *self._pace(asked.model, raw["output_tokens"]))
        return self._closed(record, {}, End.FAILED, None, self._random.uniform(0.1, 3))

    def _written(self, asked: Asked, at: float, message: UUID | None, attempt: int, end: str) -> UsageRecord:
        chance, record = self._random, self._record(asked, at, message, attempt)
        thought = round(chance.lognormvariate(5, 1)) if chance.random() < 0.35 and "haiku" not in asked.model else 0
        output = asked.written + thought
        if end != End.COMPLETE:
            output = round(output * chance.uniform(0.05, 0.9))
            lost = end == End.INTERRUPTED
            record.exactness = Exactness.LOWER_BOUND if thought or lost else Exactness.ESTIMATED
            record.estimated_by = EstimatedBy.SAVED_TEXT_COUNTED if lost else EstimatedBy.TEXT_COUNTED
        raw = self._prompt(asked) | {"output_tokens": output}
        if thought:
            raw["output_tokens_details"] = {"thinking_tokens": min(thought, output)}
        if chance.random() < 0.03:
            raw["server_tool_use"] = {"web_search_requests": chance.randint(1, 4), "web_fetch_requests": 0}
        if chance.random() < 0.001:
            record.billed, raw["output_tokens"] = False, 0
            raw.pop("output_tokens_details", None)
        elif (other := _SUCCEEDED_BY.get(asked.model)) and chance.random() < 0.05:
            raw = self._fallen_back(record, raw, other)
        return self._closed(record, raw, end, *self._pace(asked.model, output))

    def _fallen_back(self, record: UsageRecord, raw: dict[str, Any], other: str) -> dict[str, Any]:
        """The model declined in the middle, and another took over: two runs, each with its own price."""
        record.model_answered = other
        declined = {**raw, "type": "message", "model": record.model_asked, "output_tokens": 12}
        return {**raw, "iterations": [declined, {**raw, "type": "fallback_message", "model": other}]}

    def _prompt(self, asked: Asked) -> dict[str, Any]:
        """The input side: short prompts are not cached; what is known is read, unless it was too long ago."""
        chance = self._random
        if asked.known + asked.fresh < 1_024:
            return _usage(asked.known + asked.fresh, 0)
        read = asked.known if asked.known >= 1_024 and chance.random() < 0.72 else 0
        long = chance.random() < 0.1
        raw = _usage(chance.randint(2, 12), 0, written=asked.known + asked.fresh - read, read=read, long=long)
        term = chance.random()
        if term < 0.03 and asked.model in _ON_TERMS:
            raw |= {"inference_geo": "us"} if term < 0.02 else {"speed": "fast"}
        return raw

    def _pace(self, model: str, output: int) -> tuple[float, float]:
        first, speed = next(pace for name, pace in _SPEEDS.items() if name in model)
        began = first * self._random.lognormvariate(0, 0.45)
        return round(began, 4), round(began + output / (speed * self._random.lognormvariate(0, 0.22)), 4)

    def _record(
        self, asked: Asked, at: float, message: UUID | None, attempt: int, *, model: str = "", purpose: str = "answer"
    ) -> UsageRecord:
        return UsageRecord(
            message_id=message,
            user_id=asked.user,
            purpose=purpose,
            attempt=attempt,
            model_asked=model or asked.model,
            request_id=f"req_{self._random.getrandbits(96):024x}",
            started_at=datetime.fromtimestamp(at, UTC),
        )

    def _closed(
        self, record: UsageRecord, raw: Mapping[str, Any], end: str, first: float | None, seconds: float
    ) -> UsageRecord:
        """Priced as `ledger.close_call` prices it."""
        if raw:
            record.model_answered = record.model_answered or self._models.answering(record.model_asked)
        charged = self._models.charged(record.model_answered or record.model_asked, record.started_at, raw)
        for name, count in columns_of(Usage.from_api(raw)).items():
            setattr(record, name, count)
        record.usage, record.end = dict(raw), end
        record.price = charged and charged.price
        record.cost = charged and (rounded(charged.cost) if record.billed else Decimal(0))
        record.first_token_seconds, record.seconds = first, seconds
        record.ended_at = record.started_at + timedelta(seconds=seconds)
        return record


def _usage(fresh: int, output: int, *, written: int = 0, read: int = 0, long: bool = False) -> dict[str, Any]:
    return {
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_creation_input_tokens": written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": written * (not long),
            "ephemeral_1h_input_tokens": written * long,
        },
        "cache_read_input_tokens": read,
        "service_tier": "standard",
    }


__all__ = ["UNPRICED", "Asked", "Calls"]
