"""What is asked of the API: a turn's conversation as a prompt, and the small question for a title."""

from typing import Any
from uuid import UUID, uuid5

from django.conf import settings

from chat.engine.branches import Tree
from chat.engine.history import sendable
from chat.engine.provider import Prompt
from chat.models import LanguageModel, Message

_PEOPLE = UUID("0b9a7a4e-53f5-4ad0-8c0b-5d0f3a1c7c55")
_TITLE_TASK = (
    "You give a title to a chat: three to six words in the language of the chat, no quotation marks, no full stop. "
    "Answer with the title only, whatever the chat asks for."
)
_TITLE_EXCERPT = 2_000


def prompt_of(turn: UUID) -> Prompt:
    """The prompt of a turn: its branch up to the question, with the model, limits and system prompt of the moment."""
    answer = Message.objects.select_related("conversation").get(pk=turn)
    model = LanguageModel.objects.get(pk=answer.model)
    return Prompt(
        model=model.id,
        messages=_history(answer),
        max_tokens=min(settings.CHAT_MAX_TOKENS, model.max_output_tokens),
        system=answer.conversation.system_prompt,
        thinking=model.thinking,
        effort=settings.CHAT_EFFORT if model.default_effort else "",
        user=uuid5(_PEOPLE, str(answer.conversation.owner_id)).hex,
    )


def title_prompt(question: str, answer: str) -> Prompt:
    """Ask the cheapest model for a title, without thinking and in few tokens."""
    model = LanguageModel.objects.get(pk=settings.CHAT_TITLE_MODEL)
    chat = f"<question>{question[:_TITLE_EXCERPT]}</question>\n<answer>{answer[:_TITLE_EXCERPT]}</answer>"
    return Prompt(
        model=model.id,
        messages=[{"role": "user", "content": [{"type": "text", "text": chat}]}],
        max_tokens=60,
        system=_TITLE_TASK,
        thinking={"type": "disabled"} if "disabled" in model.thinking_types else None,
    )


def _history(answer: Message) -> list[dict[str, Any]]:
    rows = Message.objects.filter(conversation=answer.conversation_id).order_by("created_at")
    messages = {
        pk: (parent, role, content) for pk, parent, role, content in rows.values_list("pk", "parent", "role", "content")
    }
    path = Tree((pk, parent) for pk, (parent, _, _) in messages.items()).path(answer.parent_id)
    history = []
    for pk in path:
        _, role, content = messages[pk]
        if blocks := sendable(content):
            history.append({"role": role, "content": blocks})
    return history
