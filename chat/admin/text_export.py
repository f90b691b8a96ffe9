"""Exports of what was said: for who may read it, with a reason, and each conversation on record before it leaves."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from chat import reviews
from chat.admin.exports import Exportable, bad_filter, file_name
from chat.engine.errors import Refused
from chat.exports import chats
from chat.exports.download import download
from chat.exports.forms import FORMS
from chat.models import Conversation, User
from chat.models.keys import Keys

JSONL = FORMS["jsonl"]


class TextExportable(Exportable):
    """Conversations that can be exported as figures by all, with their texts by some."""

    def get_urls(self) -> list[URLPattern]:
        """The page that asks why, before Django's own."""
        view = self.admin_site.admin_view(self.text_export_view)
        return [path("export/", view, name="chat_conversation_text_export"), *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def text_export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask why, then stream what the filters leave."""
        if not reviews.may_review(cast(User, request.user)):
            raise PermissionDenied
        try:
            rows = self.exported(request)
        except IncorrectLookupParameters as error:
            return bad_filter(error)
        if request.method != "POST":
            return self._ask_why(request, rows)
        try:
            return _texts(cast(User, request.user), rows, reviews.checked_reason(request.POST.get("reason", "")))
        except Refused as refused:
            return self._ask_why(request, rows, problem=refused.message)

    def _ask_why(self, request: HttpRequest, rows: QuerySet[Conversation], problem: str = "") -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "title": "Export conversations with their texts",
            "opts": self.opts,
            "count": rows.count(),
            "own": rows.filter(owner=cast(User, request.user)).count(),
            "query": request.GET.urlencode(),
            "reason": request.POST.get("reason", ""),
            "problem": problem,
            "limits": (reviews.REASON_LEAST, reviews.REASON_MOST),
            "told_to_owner": settings.CHAT_REVIEW_VISIBLE_TO_OWNER,
        }
        return render(request, "admin/chat/conversation/export.html", context, status=400 if problem else 200)


def _texts(reader: User, rows: QuerySet[Conversation], reason: str) -> HttpResponseBase:
    keys = Keys(rows)

    def recorded(portion: list[UUID]) -> None:
        reviews.record_export(reader, Conversation.objects.filter(pk__in=portion), reason)

    pieces = chats.texts(keys, recorded)
    return download(pieces, name=file_name("conversations", keys, JSONL), content_type=JSONL.content_type)
