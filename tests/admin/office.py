"""Rows that carry the same text wherever text can stand, and the pages that show them."""

import re
from urllib.parse import quote as quoted

from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.db.models import CharField, TextField
from django.utils import timezone

from chat.models import Budget, LanguageModel, LegalHold, ReviewNote, ReviewRecord, User
from tests.permissions import rows
from tests.spending import PRICE, conversation_of, message_in, record_of

NO_TEXT = {"password", "runner", "timezone"}  # of people or machines, but nobody reads it


def pages_full_of(text):
    """Every page of the administration, all of them showing ``text``; that of its conversation has been opened."""
    return [*row_pages_full_of(text), *shared_pages()]


def row_pages_full_of(text):
    """The pages of rows that are new and show ``text``."""
    keys = {name: quoted(quote(str(row.pk))) for name, row in shown_rows(text).items()}
    said = quoted(text[:40])
    return [
        *(path.format(**keys) for path in _paths() if "{" in path),
        f"/admin/chat/conversation/{keys['unopened']}/change/?message={said}&p={said}",
        f"/admin/chat/conversation/export/?q={said}",
    ]


def shared_pages():
    """The pages that show many rows, or the choice between them; the dashboard those of the ten who spent most."""
    pages = [path for path in _paths() if "{" not in path]
    return [*pages, *(f"{page}?q=a&_facets=True" for page in pages if re.fullmatch("/admin/(chat|auth)/\\w+/", page))]


def _paths():
    opened = (path for method, path, expected in rows() if method == "GET" and expected["superuser"].startswith("200"))
    return [path for path in opened if path.startswith("/admin/") and "jsi18n" not in path]


def shown_rows(text):
    """What the administration shows, as the table of permissions calls it, with ``text`` in every field for text.

    The owner has spent more than everybody before.
    """
    owner = User.objects.create(username=text[:150])
    model = LanguageModel.objects.create(id=text[:100], context_tokens=1, max_output_tokens=1)
    model.prices.create(valid_from=timezone.now(), **PRICE)
    conversation, unopened = (conversation_of(owner, turns=0) for _ in range(2))
    question = message_in(conversation, None, "user", text)
    plain = message_in(conversation, question, "assistant", text)
    answer = message_in(conversation, question, "assistant", text, content=blocks_of(text), state="failed")
    shown = {
        "person": owner,
        "group": Group.objects.create(),
        "model": model,
        "conversation": conversation,
        "unopened": unopened,
        "record": record_of(owner, message=answer, end="failed", usage={text: text}, cost=User.objects.count()),
        "budget": Budget.objects.create(user=owner, amount=1),
        "reading": opened(conversation),
    }
    for row in [*shown.values(), plain, answer, *holds_of(conversation), *notes_of(conversation, answer)]:
        fill(row, text)
    return shown


def fill(row, text):
    """Put the text into every field of a row that takes any."""
    fields = [field for field in row._meta.concrete_fields if isinstance(field, CharField | TextField)]
    takes = [field for field in fields if not field.choices and not field.primary_key and field.name not in NO_TEXT]
    type(row)._base_manager.filter(pk=row.pk).update(**{field.name: text[: field.max_length] for field in takes})


def said(owner, contents):
    """A conversation in which each text is asked, and answered with its content; each row beside it is full of it."""
    conversation, answer = conversation_of(owner, turns=0), None
    for text, content in contents.items():
        question = message_in(conversation, answer, "user", text)
        answer = message_in(conversation, question, "assistant", text, content=content, state="failed")
        record = record_of(owner, message=answer, end="failed", usage={text: text})
        for row in (answer, record, ReviewNote.objects.create(conversation=conversation, message=answer)):
            fill(row, text)
    return conversation


def opened(conversation):
    """A reading of today by every superuser; gives one of them."""
    readers = User.objects.filter(is_superuser=True)
    fields = {"owner": conversation.owner, "conversation": conversation, "at": timezone.now()}
    return [ReviewRecord.objects.create(reader=reader, **fields) for reader in readers][-1]


def holds_of(conversation):
    """One legal hold that was released, and one that stands."""
    now = timezone.now()
    return [LegalHold.objects.create(conversation=conversation, set_at=now, released_at=at) for at in (now, None)]


def notes_of(conversation, message):
    """A note, a flag and a settled flag: about the whole, and beside a message."""
    states = [{}, {"flag": True}, {"flag": True, "settled_at": timezone.now()}]
    return [
        ReviewNote.objects.create(conversation=conversation, message=at, **state)
        for at in (None, message)
        for state in states
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
