"""The calls behind the demo's answers: charged by the ledger as real ones are; cached, retried, stopped, unpriced."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from chat import ledger, reports
from chat.models import Message, UsageRecord, User

HAIKU, OPUS = "claude-haiku-5-5", "claude-opus-5-5"
_OVERHEAD = 2_417  # tokens of the tools and of the system prompt, which are in front of every question
_SPEED, _FIRST = 62, 0.8  # tokens per second; seconds
_HOW = {"stopped": ("estimated", "text_counted"), "interrupted": ("lower_bound", "saved_text_counted")}


def answered(
    message: Message, *, thinking: int = 0, searches: int = 0, tried_before: int = 0, declined_by: str = ""
) -> None:
    """The calls for an answer: some that were refused, and the one that ended it, in two runs if a model declined."""
    for attempt in range(1, tried_before + 1):
        _call(message, {}, end="failed", error_code="overloaded", attempt=attempt, at=message.created_at)
    at = message.created_at + timedelta(seconds=3 * tried_before)
    raw = {} if message.state == "failed" else _used(message, thinking, searches)
    if declined_by:
        first = {**raw, "type": "message", "model": declined_by, "output_tokens": 12}
        raw["iterations"] = [first, {**raw, "type": "fallback_message", "model": message.model}]
    exactness, how = _HOW.get(message.state, ("exact", ""))
    more = {"error_code": message.error_code, "exactness": exactness, "estimated_by": how}
    _call(message, raw, end=message.state, attempt=tried_before + 1, at=at, **more)


def titled(message: Message) -> None:
    """The call for the title of the chat that an answer is in."""
    raw = {"input_tokens": 214, "output_tokens": 7}
    _call(message, raw, purpose="title", model=HAIKU, at=message.created_at + timedelta(seconds=6))


def worked(person: User, count: int) -> None:
    """So many calls of somebody's last weeks, whose chats are gone."""
    chance = Random(7)  # noqa: S311 - the opposite of a secret
    for _ in range(count):
        at = timezone.now() - timedelta(days=chance.uniform(0.2, 26))
        known, fresh = chance.randint(8_000, 60_000), chance.randint(500, 6_000)
        raw = {"input_tokens": 3, "cache_creation_input_tokens": fresh, "cache_read_input_tokens": known}
        call = ledger.open_call(user_id=person.pk, model=OPUS)
        _close(call.record, OPUS, raw | {"output_tokens": chance.randint(200, 2_600)}, "complete", at)


def _used(message: Message, thinking: int, searches: int) -> dict[str, Any]:
    """What was sent before is read from the cache, what is new is written to it."""
    asked = message.parent
    assert asked
    calls = UsageRecord.objects.filter(purpose="answer", input_tokens__gt=0).order_by("pk")
    again = calls.filter(message__parent=asked).last()
    before = again or (calls.filter(message=asked.parent).last() if asked.parent else None)
    known = reports.usage_of(before).prompt - before.input_tokens if before else 0
    new = 0 if again else (before.output_tokens if before else _OVERHEAD) + len(asked.text) // 4
    written = len(json.dumps(message.content)) // 4
    return {
        "input_tokens": 4,
        "cache_creation_input_tokens": new,
        "cache_creation": {"ephemeral_5m_input_tokens": new, "ephemeral_1h_input_tokens": 0},
        "cache_read_input_tokens": known,
        "output_tokens": written + thinking,
        "output_tokens_details": {"thinking_tokens": thinking},
        "server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0},
        "service_tier": "standard",
    }


def _call(
    message: Message, raw: Mapping[str, Any], *, at: datetime, model: str = "", end: str = "complete",
    purpose: str = "answer", attempt: int = 1, **more: Any,
) -> None:  # fmt: skip
    model = model or message.model
    owner = message.conversation.owner_id
    call = ledger.open_call(user_id=owner, model=model, message_id=message.pk, purpose=purpose, attempt=attempt)
    _close(call.record, model, raw, end, at, **more)


def _close(record: int, model: str, raw: Mapping[str, Any], end: str, at: datetime, **more: Any) -> None:
    took = _FIRST + raw["output_tokens"] / _SPEED if raw else 0.2
    call = ledger.Call(
        record,
        model if raw else "",
        request_id=f"req_{record:06d}{Random(record).getrandbits(56):014x}",  # noqa: S311 - the opposite of a secret
        usage=raw,
        first_token_seconds=_FIRST if raw else None,
        seconds=took,
        **more,
    )
    ledger.close_call(call, end)
    UsageRecord.objects.filter(pk=record).update(started_at=at, ended_at=at + timedelta(seconds=took))
