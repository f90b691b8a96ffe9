"""The chat page, its fragments, and what people do to a conversation as a whole."""

from datetime import tzinfo
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from chat import conversations
from chat.engine.errors import Refused
from chat.holds import Kept
from chat.models import Conversation, LanguageModel, User
from chat.models.user import zone_of
from chat.providers import is_simulated
from chat.spending import spending_of
from chat.views.forms import ArchiveForm, SettingsForm, TitleForm
from chat.views.sidebar import listing
from chat.views.transcript import TranscriptPage, transcript_page

STARTS = (
    {"title": "Explain", "text": "Explain how a hash table works, with a short example in Python."},
    {"title": "Compare", "text": "Compare SQLite and PostgreSQL for a small web application, in a table."},
    {"title": "Write", "text": "Write a friendly note that declines an invitation to a conference."},
)


@require_safe
@login_required
def new_chat(request: HttpRequest) -> HttpResponse:
    """An empty chat; its conversation is made by the first message."""
    return render(request, "chat/page.html", _context(request, TranscriptPage(None, []), list(_models())))


@require_safe
@login_required
def conversation(request: HttpRequest, key: UUID) -> HttpResponse:
    """One conversation: the end of the branch written last, or of the one through ``?leaf=``."""
    chosen = _owned(request, key)
    models = list(_models())
    page = _page(request, chosen, models)
    return render(request, "chat/page.html", _context(request, page, models, chosen))


@require_safe
@login_required
def transcript(request: HttpRequest, key: UUID) -> HttpResponse:
    """The inside of the transcript alone, for the page's scripts; with ``?turn=`` only that answer and its question."""
    page = _page(request, _owned(request, key), list(_models()))
    response = render(request, "chat/_transcript.html", {"page": page})
    response.headers["X-Leaf"] = str(page.leaf or "")
    return response


@require_safe
@login_required
def conversation_list(request: HttpRequest) -> HttpResponse:
    """A page of the list or of a search: as a fragment for the page's scripts, as a page for a browser without."""
    found = listing(
        _person(request),
        query=request.GET.get("q", ""),
        archived=request.GET.get("archived") == "1",
        before=_key(request, "before"),
        zone=_zone(request),
    )
    template = "chat/_conversations.html" if _is_fetch(request) else "chat/conversations.html"
    return render(request, template, {"list": found})


@require_safe
@login_required
def spending(request: HttpRequest) -> HttpResponse:
    """What the person has spent, and a warning where a budget nears its end: for the page's scripts alone."""
    return render(request, "chat/spending.html", _spending(request))


@require_POST
@login_required
def rename(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give a conversation another title."""
    return _change(request, key, TitleForm(request.POST), conversations.rename)


@require_POST
@login_required
def archive(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take a conversation out of the list, or put it back."""
    return _change(request, key, ArchiveForm(request.POST), conversations.archive)


@require_POST
@login_required
def configure(request: HttpRequest, key: UUID) -> HttpResponse:
    """Choose the model and the system prompt of what is sent from now on."""
    return _change(request, key, SettingsForm(request.POST), conversations.configure)


@require_POST
@login_required
def delete(request: HttpRequest, key: UUID) -> HttpResponse:
    """Delete a conversation; 400 and a sentence where it has to be kept."""
    try:
        conversations.delete(_owned(request, key))
    except Kept as kept:
        return _refusal(kept.message)
    return HttpResponse(status=204) if _is_fetch(request) else redirect("new-chat")


def _change(request: HttpRequest, key: UUID, form: forms.Form, act: Any) -> HttpResponse:
    chosen = _owned(request, key)
    if not form.is_valid():
        return _refusal(str(next(iter(form.errors.values()))[0]))
    try:
        act(chosen, **form.cleaned_data)
    except Refused as refused:
        return _refusal(refused.message)
    return HttpResponse(status=204) if _is_fetch(request) else redirect("conversation", key)


def _refusal(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")


def _owned(request: HttpRequest, key: UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.of(_person(request)), pk=key)


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _models() -> Any:
    return LanguageModel.objects.only("id", "label", "enabled", "position")


def _page(request: HttpRequest, chosen: Conversation, models: list[LanguageModel]) -> TranscriptPage:
    labels = {model.id: model.label for model in models}
    named = {"through": _key(request, "leaf"), "before": _key(request, "before"), "turn": _key(request, "turn")}
    return transcript_page(chosen, labels, **named)


def _context(
    request: HttpRequest, page: TranscriptPage, models: list[LanguageModel], chosen: Conversation | None = None
) -> dict[str, Any]:
    offered = [model for model in models if model.enabled]
    wanted = (chosen.model if chosen else "", settings.CHAT_DEFAULT_MODEL, *(model.id for model in offered))
    names = {model.id for model in offered}
    return {
        "conversation": chosen,
        "page": page,
        "list": listing(_person(request), current=chosen.pk if chosen else None, zone=_zone(request)),
        "timezone": str(_zone(request)),
        "models": offered,
        "chosen_model": next((name for name in wanted if name in names), ""),
        "simulated": is_simulated(),
        **_spending(request),
        "sidebar": "folded" if request.COOKIES.get("sidebar") == "folded" else "open",
        "starts": STARTS,
        "readings_shown": settings.CHAT_REVIEW_VISIBLE_TO_OWNER,
    }


def _spending(request: HttpRequest) -> dict[str, Any]:
    found = spending_of(_person(request))
    key = f"{found.alarm.account.start}.{found.alarm.budget.pk}.{found.alarm.passed}" if found.alarm else ""
    # Told once for each period and share.
    seen = request.COOKIES.get("budget") == key
    return {"spending": found, "alarm": None if seen else found.alarm, "alarm_key": key}


def _zone(request: HttpRequest) -> tzinfo:
    """Where the reader's days begin: what the page's scripts told, or the site's. It is kept: so do their budgets."""
    person, told = _person(request), request.COOKIES.get("timezone", "")
    zone = zone_of(told)
    if told != person.timezone and told == str(zone):
        User.objects.filter(pk=person.pk).update(timezone=told)
        person.timezone = told
    return zone


def _key(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET[name]) if request.GET.get(name) else None
    except ValueError:
        raise Http404 from None


def _is_fetch(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"
