"""Rows that carry the same text wherever text can stand, and the pages that show them."""

from django.utils import timezone

from chat.models import Budget, LanguageModel, User
from tests.spending import PRICE, conversation_of, message_in, record_of

LISTS = [f"/admin/chat/{model}/" for model in ("conversation", "usagerecord", "user", "languagemodel", "budget")]


def pages_full_of(text):
    """Every page of the administration, all of them showing ``text``."""
    owner = User.objects.create(username=text[:150], first_name=text[:150], last_name=text[:150], email=text[:254])
    model = LanguageModel.objects.create(
        id=text[:100], label=text[:100], context_tokens=1, max_output_tokens=1, default_effort=text[:10]
    )
    model.prices.create(valid_from=timezone.now(), **PRICE)
    conversation = conversation_of(owner, turns=0, title=text[:200], model=text[:100], system_prompt=text)
    question = message_in(conversation, None, "user", text)
    message_in(conversation, question, "assistant", text, model=text[:100])
    fields = {"stop_reason": text[:50], "error_code": text[:50], "error_detail": text, "state": "failed"}
    answer = message_in(conversation, question, "assistant", text, model=text[:100], content=blocks_of(text), **fields)
    budget = Budget.objects.create(user=owner, amount=1)
    record = record_of(
        owner,
        message=answer,
        model_asked=text[:100],
        model_answered=f"{text[:90]}-answered",
        request_id=text[:100],
        error_code=text[:50],
        end="failed",
        usage={text: text},
    )
    return [
        "/admin/",
        *LISTS,
        *(f"{url}?q=a&_facets=True" for url in LISTS),
        f"/admin/chat/conversation/{conversation.pk}/change/",
        f"/admin/chat/conversation/{conversation.pk}/delete/",
        f"/admin/chat/conversation/{conversation.pk}/history/",
        f"/admin/chat/usagerecord/{record.pk}/change/",
        f"/admin/chat/user/{owner.pk}/change/",
        f"/admin/chat/user/{owner.pk}/password/",
        f"/admin/chat/user/{owner.pk}/delete/",
        "/admin/chat/user/add/",
        "/admin/chat/languagemodel/add/",
        "/admin/chat/budget/add/",
        f"/admin/chat/budget/{budget.pk}/change/",
        f"/admin/chat/budget/{budget.pk}/delete/",
        "/admin/auth/group/add/",
        "/admin/password_change/",
    ]


def blocks_of(text):
    """One block of each kind."""
    return [
        {"type": "thinking", "thinking": text, "signature": text},
        {"type": "text", "text": text, "citations": [{"type": "x", "url": text, "title": text, "cited_text": text}]},
        {"type": "tool_use", "id": "1", "name": text, "input": {text: text}},
        {"type": "server_tool_use", "id": "2", "name": "web_search", "input": text},
        {"type": "web_search_tool_result", "tool_use_id": "2", "content": links(text)},
        {"type": text, "whatever": text},
    ]


def links(text):
    """Search results, some of whose URLs are no links."""
    urls = ["https://example.org/", "javascript:alert(1)", "data:text/html,x", f"https://example.org/{text}"]
    return [{"type": "web_search_result", "url": url, "title": text} for url in urls]
