"""Conversations worth a picture: one of each kind, and enough others to fill the list."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import demo_calls
from django.contrib.auth.models import Group, Permission
from django.db.models import F
from django.utils import timezone

from chat import conversations, reviews, search
from chat.models import Budget, BudgetAccount, Conversation, Message, User
from chat.sample.budgets import near_to_what_is_spent
from chat.sample.models import UNPRICED
from chat.simulator import answers

SONNET, HAIKU, FABLE = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2"
LIGHT = """It scatters off air. Sunlight holds every colour, and molecules of nitrogen and oxygen are far smaller than
its wavelengths, so they scatter the short ones much more than the long ones: the strength goes with $1/\\lambda^4$.

| Colour | Wavelength | Scattered, compared with red |
|:---|---:|---:|
| Red | 680 nm | 1.0 |
| Green | 530 nm | 2.7 |
| Blue | 450 nm | 5.2 |

- **At noon** the light takes the short way through the air, and the blue comes at you from all sides.
- **At sunset** it takes a way some thirty times as long. The blue is gone before it arrives; what is left is red.

Violet is scattered even more, but the sun sends less of it and our eyes care less for it."""
CODE = """Of course. The ratio is the fourth power of the wavelengths turned round:

```python
def scattering(wavelength: float, reference: float = 680) -> float:
    \"\"\"How much more a wavelength (nm) is scattered than the reference.\"\"\"
    return (reference / wavelength) ** 4

for colour, wavelength in {"red": 680, "green": 530, "blue": 450}.items():
    print(f"{colour:6} {scattering(wavelength):.1f}")
```

So blue is scattered about five times as strongly as red."""
TITLES = [
    ("Translate a recipe from Portuguese", 0),
    ("Regular expressions for log lines", 0),
    ("Gift for a friend who cooks", 1),
    ("How does a heat pump work?", 1),
    ("Naming things", 3),
    ("A plan for the vegetable garden", 4),
    ("Error in the nightly backup script, permission denied on the mounted volume", 5),
    ("Interview questions", 6),
    ("هل يمكنك أن تشرح لي الجاذبية؟", 7),
    ("Cover letter", 12),
    ("Spanish subjunctive", 16),
    ("Weekend in Lisbon", 26),
    ("What to ask before buying a used bicycle", 40),
    ("Ideas for a talk about queues", 44),
    ("Taxes, simply", 70),
    ("Old notes", 400),
]


def make(owner: User) -> dict[str, Conversation]:
    """Write them all; the ones that pictures open are returned by name."""
    demo_calls.worked(owner, 60)
    for title, days in TITLES:
        Conversation.objects.filter(pk=_chat(owner, title).pk).update(updated_at=timezone.now() - timedelta(days=days))
    return {
        "sky": _sky(owner),
        "long": _long(owner),
        "code": _one(owner, "A batch for slow readers", "Write a small class in Python", _demo("python")),
        "maths": _one(owner, "Infinitely many primes", "Prove it by Euler's way", _demo("maths")),
        "markdown": _one(owner, "All of Markdown", "Show me all of Markdown", _demo("markdown")),
        "search": _search(owner),
        "stopped": _one(owner, "A long story", "Tell me a story", _demo("prose")[:900], state="stopped"),
        "failed": _one(owner, "Busy", "What is new?", "", state="failed", error_code="overloaded", error_detail=_BUSY),
        "archived": _archived(owner),
        "interrupted": _one(owner, "Power cut", "Tell me a story", _demo("prose")[:420], state="interrupted"),
    }


def limit(owner: User) -> None:
    """A budget of the owner, and one of everybody for a day, spent in part; soft, so that the scenes can ask."""
    owner.groups.add(Group.objects.get_or_create(name="Finance")[0])  # which has no budget of its own
    now = timezone.now()
    near_to_what_is_spent(Budget(user=owner, hard=False), Decimal("0.84"), now)
    near_to_what_is_spent(Budget(period="day", hard=False), Decimal("0.46"), now)
    BudgetAccount.objects.filter(budget__period="day").update(reserved=F("spent") / 8)


def count() -> None:
    """What lists and searches know of the chats, which were written past the pages."""
    keys = list(Conversation.objects.values_list("pk", flat=True))
    conversations.recount(keys)
    search.rebuild(keys)


def review(person: User) -> dict[str, Conversation]:
    """A chat of somebody else, another that ``person`` has opened and written beside, and who read their own."""
    grace, rita = (User.objects.create_user(name) for name in ("grace", "rita"))
    rita.user_permissions.add(Permission.objects.get(codename="review_conversations"))
    hers, noted = _sky(grace), _sky(grace)
    reviews.record_reading(person, noted, "Ticket 4711: she says that the table is wrong")
    answer, asked = noted.messages.order_by("-created_at")[:2]
    reviews.write_note(rita, noted, "She wrote to support about this one. The figures are right, as far as I can see.")
    reviews.settle(rita, reviews.write_note(person, noted, "Do we want to answer this?", message=asked, flag=True))
    reviews.write_note(
        rita, noted, "Wavelengths from memory? Somebody who knows optics should look.", message=answer, flag=True
    )
    _go_on(noted, answer)
    for days, why in enumerate(("Ticket 4711: an answer is said to be wrong", "Yearly audit of long conversations"), 1):
        chat = Conversation.objects.filter(owner=person).order_by("-updated_at")[days]
        reviews.record_reading(rita, chat, why)
    return {"hers": hers, "noted": noted}


_BUSY = 'HTTP 529: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'


def _demo(name: str) -> str:
    return answers.read(name, "")


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


def _chat(owner: User, title: str, model: str = SONNET) -> Conversation:
    chat = Conversation.objects.create(owner=owner, title=title, model=model)
    chat.created_at = timezone.now() - timedelta(hours=1)
    chat.save(update_fields=["created_at"])
    return chat


def _said(chat: Conversation, parent: Message | None, content: list[dict[str, Any]], **fields: str) -> Message:
    text = "\n\n".join(block["text"] for block in content if block["type"] == "text")
    message = Message.objects.create(conversation=chat, parent=parent, content=content, text=text, **fields)
    message.created_at = chat.created_at + chat.messages.count() * timedelta(seconds=23)
    message.save(update_fields=["created_at"])
    return message


def _ask(chat: Conversation, parent: Message | None, text: str) -> Message:
    return _said(chat, parent, _text(text), role="user")


def _answer(
    asked: Message,
    content: list[dict[str, Any]],
    *,
    thinking: int = 0,
    searches: int = 0,
    tried: int = 0,
    declined_by: str = "",
    **fields: str,
) -> Message:
    chat = asked.conversation
    message = _said(chat, asked, content, role="assistant", **{"model": chat.model, "state": "complete"} | fields)
    demo_calls.answered(message, thinking=thinking, searches=searches, tried_before=tried, declined_by=declined_by)
    return message


def _one(owner: User, title: str, question: str, text: str, **fields: str) -> Conversation:
    chat = _chat(owner, title)
    _answer(_ask(chat, None, question), _text(text) if text else [], **fields)
    return chat


def _sky(owner: User) -> Conversation:
    chat = _chat(owner, "Why is the sky blue?")
    asked = _ask(chat, None, "Why is the sky blue, and the sunset red?")
    first = _answer(asked, _text("Because air scatters blue light more than red light."), state="stopped")
    demo_calls.titled(first)
    thought = {"type": "thinking", "thinking": "Rayleigh scattering. A table would help."}
    best = _answer(asked, [thought, *_text(LIGHT)], thinking=86)
    _answer(_ask(chat, best, "Could you show me how to work out those figures?"), _text(CODE), tried=1)
    return chat


def _go_on(chat: Conversation, parent: Message) -> None:
    """An answer that broke off, one of a model that nobody has given a price, and one that another model took over."""
    broken = _answer(_ask(chat, parent, "And why violet not?"), _text("Violet is scattered even"), state="interrupted")
    demo = "Our eyes see it badly, and the sun sends less of it."
    whole = _answer(_ask(chat, broken, "Go on."), _text(demo), model=UNPRICED)
    _answer(_ask(chat, whole, "Is the sky of Mars blue?"), _text("No, butterscotch: its dust."), declined_by=FABLE)


def _archived(owner: User) -> Conversation:
    chat = _one(owner, "A name for the boat", "What could I call my boat?", "*Second Thoughts*, perhaps.")
    Conversation.objects.filter(pk=chat.pk).update(archived=True)
    return chat


def _long(owner: User) -> Conversation:
    chat = _chat(owner, "A hundred questions about trees", HAIKU)
    parent = None
    for number in range(1, 71):
        asked = _ask(chat, parent, f"Question {number}: how do trees drink?")
        parent = _answer(
            asked, _text(f"By pulling. Answer {number}: water leaves the leaves and draws more up behind it.")
        )
    return chat


def _search(owner: User) -> Conversation:
    chat = _chat(owner, "News about bees")
    pages = [
        ("https://bees.example/waggle", "The waggle dance, decoded"),
        ("https://hives.example/2026", "Hives in 2026"),
    ]
    results = [{"type": "web_search_result", "url": url, "title": title} for url, title in pages]
    cited = {
        "type": "web_search_result_location",
        "url": pages[0][0],
        "title": pages[0][1],
        "cited_text": "They dance.",
    }
    content = [
        {"type": "thinking", "thinking": "The question is about the latest news, so I should search for it."},
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "news about bees"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": results},
        {"type": "text", "text": "Bees tell each other the way by dancing.", "citations": [cited]},
        {"type": "text", "text": " Hives have done well this year."},
    ]
    _answer(_ask(chat, None, "What is new about bees?"), content, searches=1)
    return chat
