"""Rows that carry the same text wherever text can stand, and the pages that show them."""

from urllib.parse import quote

from django.utils import timezone

from chat.models import Budget, LanguageModel, LegalHold, ReviewNote, ReviewRecord, User
from tests.spending import PRICE, conversation_of, message_in, record_of

MODELS = ("conversation", "usagerecord", "user", "languagemodel", "budget", "reviewrecord")
LISTS = [f"/admin/chat/{model}/" for model in MODELS]


def pages_full_of(text):
    """Every page of the administration, all of them showing ``text``; that of its conversation has been opened."""
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
    other = conversation_of(owner, turns=0, title=text[:200], model=text[:100])
    reading = read(conversation, text)
    for at, flag in ((None, False), (None, True), (answer, False), (answer, True)):
        noted(conversation, text, message=at, flag=flag)
        noted(conversation, text, message=at, flag=True, settled_at=timezone.now(), settled_by_name=text[:150])
    held(conversation, text, released_at=timezone.now(), released_by_name=text[:150], release_reason=text)
    held(conversation, text)
    return [
        "/admin/",
        *LISTS,
        *(f"{url}?q=a&_facets=True" for url in LISTS),
        f"/admin/chat/conversation/{conversation.pk}/change/",
        f"/admin/chat/conversation/{other.pk}/change/?message={quote(text[:40])}&p={quote(text[:40])}",
        f"/admin/chat/reviewrecord/{reading.pk}/change/",
        f"/admin/chat/conversation/{conversation.pk}/delete/",
        f"/admin/chat/conversation/{conversation.pk}/history/",
        f"/admin/chat/conversation/{conversation.pk}/hold/",
        f"/admin/chat/conversation/export/?q={quote(text[:40])}",
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


def held(conversation, text, **fields):
    """A legal hold."""
    fields = {"reason": text, "set_by_name": text[:150], "set_at": timezone.now(), **fields}
    LegalHold.objects.create(conversation=conversation, **fields)


def read(conversation, text):
    """A reading of today by every superuser, under names of its own."""
    for reader in User.objects.filter(is_superuser=True):
        names = {"reader_name": text[:150], "owner_name": text[:150]}
        record = ReviewRecord.objects.create(
            reader=reader,
            owner=conversation.owner,
            conversation=conversation,
            reason=text,
            at=timezone.now(),
            **names,
        )
    return record


def noted(conversation, text, **fields):
    """A note with that text, by somebody of that name."""
    ReviewNote.objects.create(conversation=conversation, text=text, author_name=text[:150], **fields)


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
