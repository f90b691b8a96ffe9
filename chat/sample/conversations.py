"""Conversations with their messages and calls, made one after the other; some were deleted, and left their calls."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from chat.models import Conversation, Message, UsageRecord
from chat.sample.calls import Asked, Calls
from chat.sample.models import Models
from chat.sample.people import People
from chat.sample.texts import Texts

Role, State = Message.Role, Message.State
_DETAIL = "529 {{'type': 'error', 'error': {{'type': '{}'}}}}"
CHARACTERS_OF_A_TOKEN = 4


@dataclass
class Made:
    """The rows of one conversation; ``conversation`` is missing where it was deleted."""

    conversation: Conversation | None = None
    messages: list[Message] = field(default_factory=list)
    records: list[UsageRecord] = field(default_factory=list)

    def first(self, count: int) -> "Made":
        """The same with at most so many of its calls."""
        return Made(self.conversation, self.messages, self.records[: max(0, count)])


class Conversations:
    """Makes conversations."""

    def __init__(self, people: People, models: Models, now: datetime, random: Random) -> None:
        self._people, self._models, self._now, self._random = people, models, now, random
        self._texts, self._calls = Texts(random), Calls(models, random)

    def one(self, at: float, exchanges: int) -> Made:
        """One that began at a moment, with so many questions and answers."""
        chance = self._random
        topic, owner = self._texts.topic(), self._people.one(chance)
        model = self._models.asked(at, chance)
        chat = Conversation(
            id=self._key(),
            owner=owner,
            title=self._texts.title(topic),
            model=model,
            system_prompt=f"You help with {topic}." if chance.random() < 0.05 else "",
            archived=chance.random() < 0.06,
        )
        made, last, known = Made(chat), None, round(chance.lognormvariate(6.2, 1.4))
        for number, moment in enumerate(self._times(at, exchanges)):
            if last and last.parent and last.parent.parent and chance.random() < 0.04:
                last = last.parent.parent  # an edit: the question is asked anew from there
            asked = Asked(moment, model, owner.pk, known if number else 0, 0, 0)
            last, tokens = self._exchange(made, asked, last, topic, number)
            known += tokens
        chat.created_at = _moment(at)
        chat.updated_at = max(message.ended_at or message.created_at for message in made.messages)
        return made

    def deleted(self, at: float, exchanges: int) -> Made:
        """The calls of one that is gone; of a few the person is gone, too."""
        chance = self._random
        model = self._models.asked(at, chance)
        owner = None if chance.random() < 0.08 else self._people.one(chance).pk
        made, known = Made(), round(chance.lognormvariate(6.2, 1.4))
        for number, moment in enumerate(self._times(at, exchanges)):
            fresh, written = chance.randint(12, 300) + (0 if number else known), round(chance.lognormvariate(5.2, 0.8))
            asked = Asked(moment, model, owner, known if number else 0, fresh, written)
            made.records += self._calls.answer(asked, None)
            if number == 0:
                made.records.append(self._calls.title(asked, None))
            known += fresh + written
        return made

    def _exchange(
        self, made: Made, asked: Asked, parent: Message | None, topic: str, number: int
    ) -> tuple[Message, int]:
        """A question and its answer; returns the answer, and what both add to the next prompt, in tokens."""
        question, answer = self._texts.question(topic, number), self._texts.answer()
        fresh = len(question) // CHARACTERS_OF_A_TOKEN + 8 + (0 if number else self._random.randint(0, 900))
        asked = Asked(
            asked.at, asked.model, asked.user, asked.known, fresh, max(1, len(answer) // CHARACTERS_OF_A_TOKEN)
        )
        first = self._message(made, parent, Role.USER, question, asked.at)
        second = self._message(made, first, Role.ASSISTANT, answer, asked.at)
        second.model = asked.model
        records = self._calls.answer(asked, second.pk)
        _end(second, records[-1])
        made.records += records
        if number == 0 and second.state == State.COMPLETE:
            made.records.append(self._calls.title(asked, second.pk))
        return second, asked.fresh + asked.written

    def _message(self, made: Made, parent: Message | None, role: str, text: str, at: float) -> Message:
        message = Message(
            id=self._key(), conversation=made.conversation, parent=parent, role=role, text=text, created_at=_moment(at)
        )
        message.content = [{"type": "text", "text": text}]
        made.messages.append(message)
        return message

    def _times(self, at: float, count: int) -> Iterator[float]:
        latest = self._now.timestamp()
        for _ in range(count):
            yield at
            pause = 86_400 * self._random.randint(1, 6) if self._random.random() < 0.04 else 0
            at = min(at + self._random.lognormvariate(4.6, 1) + pause, latest)

    def _key(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)


def _end(answer: Message, last: UsageRecord) -> None:
    """Let an answer end as its last call did."""
    answer.state, answer.ended_at = last.end, last.ended_at
    answer.created_at += timedelta(milliseconds=1)
    if last.end == State.FAILED:
        answer.error_code, answer.error_detail = last.error_code, _DETAIL.format(last.error_code)
    elif last.end == State.COMPLETE:
        answer.stop_reason = "end_turn" if last.billed else "refusal"
    if not last.output_tokens:
        answer.content, answer.text = [], ""
    elif last.end != State.COMPLETE:
        answer.text = answer.text[: max(1, last.output_tokens * CHARACTERS_OF_A_TOKEN)]
        answer.content = [{"type": "text", "text": answer.text}]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
