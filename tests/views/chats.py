"""Conversations to look at, made in few statements."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from chat import search
from chat.models import Conversation, Message, UsageRecord, User


def conversation_of(owner: User, title: str, *, model: str = "claude-sonnet-5-5", days_old: float = 0) -> Conversation:
    """An empty conversation that was last active so many days ago."""
    chat = Conversation.objects.create(owner=owner, title=title, model=model)
    chat.updated_at = timezone.now() - timedelta(days=days_old)
    chat.save()
    search.index_title(chat.pk)
    return chat


def question(chat: Conversation, text: str, *, parent: Message | None = None) -> Message:
    """A question, as `turns.begin` keeps it."""
    content = [{"type": "text", "text": text}]
    message = Message.objects.create(conversation=chat, parent=parent, role="user", content=content, text=text)
    search.index([message.pk])
    return message


def answer(
    asked: Message,
    text: str,
    *,
    state: str = "complete",
    model: str = "claude-sonnet-5-5",
    tokens: tuple[int, int] | None = None,
    **fields,
) -> Message:
    """An answer, with the record of its one call if ``tokens`` are given; more of either by keyword."""
    of_call = {name: fields.pop(name) for name in ("cost", "exactness", "seconds") if name in fields}
    message = Message.objects.create(
        conversation=asked.conversation,
        parent=asked,
        role="assistant",
        content=[{"type": "text", "text": text}],
        text=text,
        state=state,
        model=model,
        **fields,
    )
    search.index([message.pk])
    if tokens:
        call(message, tokens, **of_call)
    return message


def call(message: Message, tokens: tuple[int, int], *, cost: str | None = None, seconds: float = 1, **fields) -> None:
    """The record of a call for an answer, of so many tokens in and out; its request id is ``req_<in>``."""
    UsageRecord.objects.create(
        message=message,
        user=message.conversation.owner,
        model_asked=message.model,
        request_id=f"req_{tokens[0]}",
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost=None if cost is None else Decimal(cost),
        end=message.state,
        started_at=timezone.now(),
        seconds=seconds,
        **fields,
    )


def talk(owner: User, title: str, *, turns: int = 1, days_old: float = 0) -> Conversation:
    """A conversation of ``Question 1``, ``Answer 1``, ... in one line, written in bulk."""
    chat = conversation_of(owner, title, days_old=days_old)
    start = timezone.now() - timedelta(days=days_old, hours=1)
    messages: list[Message] = []
    for place in range(2 * turns):
        role = "assistant" if place % 2 else "user"
        text = f"{'Answer' if place % 2 else 'Question'} {place // 2 + 1}"
        parent = messages[-1] if messages else None
        content = [{"type": "text", "text": text}]
        messages.append(Message(conversation=chat, parent=parent, role=role, content=content, text=text))
    Message.objects.bulk_create(messages)
    for place, message in enumerate(messages):
        message.created_at = start + timedelta(milliseconds=place)
    Message.objects.bulk_update(messages, ["created_at"], batch_size=200)
    search.index([message.pk for message in messages])
    return chat
