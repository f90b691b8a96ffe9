"""Conversations and usage records put into the database directly, for tests of what is read from there."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from chat import conversations, search
from chat.models import Conversation, Message, UsageRecord

PRICE = {"input": "2", "output": "10", "cache_write_5m": "2.5", "cache_write_1h": "4", "cache_read": "0.1"}


def conversation_of(owner, *, turns=1, title="Sky", **fields):
    """A conversation with so many questions, each answered, each answer with a record of one cent."""
    fields = {"model": "claude-sonnet-5-5", **fields}
    conversation = Conversation.objects.create(owner=owner, title=title, **fields)
    search.index_title(conversation.pk)
    parent = None
    for number in range(turns):
        _, parent = turn_in(conversation, parent, f"Question {number}", f"Answer {number}")
    return conversation


def turn_in(conversation, parent, question, answer, *, cost="0.01", **fields):
    """One question, its answer and the answer's record."""
    asked = message_in(conversation, parent, "user", question)
    answered = message_in(conversation, asked, "assistant", answer, model=conversation.model, **fields)
    record_of(conversation.owner, message=answered, cost=cost)
    return asked, answered


def message_in(conversation, parent, role, text, **fields):
    """One message; ``content`` is a text block unless given."""
    fields = {"content": [{"type": "text", "text": text}], **fields}
    message = Message.objects.create(conversation=conversation, parent=parent, role=role, text=text, **fields)
    search.index([message.pk])
    conversations.recount([conversation.pk])
    return message


def record_of(user, *, cost="0.01", days_ago=0, **fields):
    """One closed usage record of 100 tokens in, 50 out."""
    started = timezone.now() - timedelta(days=days_ago)
    fields = {
        "model_asked": "claude-sonnet-5-5",
        "model_answered": "claude-sonnet-5-5-20260928",
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
        "input_tokens": 100,
        "output_tokens": 50,
        "end": "complete",
        "price": None if cost is None else {**PRICE, "web_search": "10"},
        "cost": None if cost is None else Decimal(cost),
        "ended_at": started + timedelta(seconds=3),
        "first_token_seconds": 0.4,
        "seconds": 3.0,
        **fields,
    }
    if fields.get("exactness", "exact") != "exact":
        fields = {"estimated_by": "text_counted", **fields}
    record = UsageRecord.objects.create(user=user, started_at=started, **fields)
    if record.message:
        conversations.recount([record.message.conversation_id])
    return record
