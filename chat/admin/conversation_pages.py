"""One conversation: its transcript for whoever may read it and has said why, else its figures; and reviewers' notes."""

from collections import defaultdict
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from chat import holds, reports, reviews
from chat.admin.transcript import Notes, transcript_of
from chat.engine.errors import Refused
from chat.models import Conversation, ReviewNote, UsageRecord, User


class ConversationPages(admin.ModelAdmin):
    """Reading one, saying why, writing beside it and settling flags."""

    def get_urls(self) -> list[URLPattern]:
        """Django's, and those of the forms."""
        views = {"reason": self.reason_view, "note": self.note_view, "settle": self.settle_view}
        forms = [
            path(f"<uuid:key>/{name}/", self.admin_site.admin_view(view), name=f"chat_conversation_{name}")
            for name, view in views.items()
        ]
        return [*forms, *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Figures are seen with Django's permission. Who may read the text may see them, too."""
        return super().has_view_permission(request, obj) or reviews.may_review(_person(request))

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The branch through ``?message=`` or the one written last, a page at a time; or the question why."""
        return self._shown(request, self._conversation(request, unquote(object_id)))

    @method_decorator(require_POST)
    def reason_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Record why somebody reads, then let them."""
        conversation = self._conversation(request, key)
        reason = request.POST.get("reason", "")
        try:
            reviews.record_reading(_person(request), conversation, reason)
        except Refused as refused:
            return self._asked(request, conversation, reason=reason, problem=refused.message)
        return _back(request, conversation)

    @method_decorator(require_POST)
    def note_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Write a note or a flag; what is refused comes back in its form."""
        conversation = self._conversation(request, key)
        text, flag, at = request.POST.get("text", ""), "flag" in request.POST, _key(request.POST.get("at"))
        message = get_object_or_404(conversation.messages.only("pk"), pk=at) if at else None
        try:
            note = reviews.write_note(_person(request), conversation, text, message=message, flag=flag)
        except Refused as refused:
            if refused.code == "not_found":
                messages.error(request, refused.message)
                return redirect("admin:chat_conversation_changelist")
            draft = {"at": str(at or ""), "text": text, "flag": flag, "problem": refused.message}
            return self._shown(request, conversation, draft=draft)
        messages.success(request, "The conversation is flagged." if flag else "The note is kept.")
        return _back(request, conversation, anchor=f"note-{note.pk}")

    @method_decorator(require_POST)
    def settle_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Settle a flag."""
        conversation = self._conversation(request, key)
        number = request.POST.get("note", "")
        if not (number.isdecimal() and len(number) < 19):
            raise Http404
        note = get_object_or_404(ReviewNote, pk=number, conversation=conversation)
        if reviews.settle(_person(request), note):
            messages.success(request, "The flag is settled.")
        else:
            messages.info(request, "There is nothing to settle: somebody was quicker.")
        return _back(request, conversation, anchor=f"note-{note.pk}")

    def _conversation(self, request: HttpRequest, key: Any) -> Conversation:
        conversation = self.get_object(request, str(key))
        if not self.has_view_permission(request, conversation):
            raise PermissionDenied
        if conversation is None:
            raise Http404
        return cast(Conversation, conversation)

    def _shown(self, request: HttpRequest, conversation: Conversation, draft: Any = None) -> HttpResponse:
        """What this person may see of it now; ``draft`` is a note that was refused."""
        reader = _person(request)
        text = reviews.may_read(reader, conversation)
        if text and reviews.needs_reason(reader, conversation):
            return self._asked(request, conversation)
        found = transcript_of(
            conversation,
            text=text,
            notes=_notes(conversation) if reviews.may_review(reader) else None,
            through=_key(_given(request, "message")),
            page=_given(request, "p"),
        )
        page = found.page
        context = {
            "title": conversation.heading if text else str(conversation),
            "transcript": found,
            "system_prompt": conversation.system_prompt if text else "",
            "draft": draft,
            "note_limit": reviews.NOTE_MOST,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        }
        status = 400 if draft else 200
        return self._rendered(request, conversation, "transcript", context, status)

    def _asked(
        self, request: HttpRequest, conversation: Conversation, reason: str = "", problem: str = ""
    ) -> HttpResponse:
        context = {
            "title": str(conversation),
            "messages_count": conversation.messages.count(),
            "flagged": conversation.review_notes.open_flags().exists(),
            "reason": reason,
            "problem": problem,
            "limits": (reviews.REASON_LEAST, reviews.REASON_MOST),
            "told_to_owner": settings.CHAT_REVIEW_VISIBLE_TO_OWNER,
            "kept": {name: _given(request, name) for name in ("message", "p")},
        }
        return self._rendered(request, conversation, "reason", context, 400 if problem else 200)

    def _rendered(
        self, request: HttpRequest, conversation: Conversation, name: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": conversation,
            "totals": reports.totals(UsageRecord.objects.filter(message__conversation=conversation)),
            "hold": holds.standing(conversation),
            "may_delete": self.has_delete_permission(request, conversation),
            "preserved_filters": self.get_preserved_filters(request),
        }
        return render(request, f"admin/chat/conversation/{name}.html", {**shared, **context}, status=status)


def _notes(conversation: Conversation) -> Notes:
    notes: dict[UUID | None, list[ReviewNote]] = defaultdict(list)
    for note in conversation.review_notes.all():
        notes[note.message_id].append(note)
    return notes


def _back(request: HttpRequest, conversation: Conversation, anchor: str = "") -> HttpResponse:
    """To the place on the page that a form was on."""
    message, page = _key(_given(request, "message")), _given(request, "p")
    query = {"message": message, "p": page if page.isdecimal() else ""}
    chosen = urlencode({name: value for name, value in query.items() if value})
    anchor = anchor or (f"m-{message}" if message else "")
    url = reverse("admin:chat_conversation_change", args=[conversation.pk])
    return redirect(url + (f"?{chosen}" if chosen else "") + (f"#{anchor}" if anchor else ""))


def _given(request: HttpRequest, name: str) -> str:
    """What a link or a form of the page says."""
    return str((request.POST if request.method == "POST" else request.GET).get(name, ""))


def _key(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
