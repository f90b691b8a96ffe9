"""Legal hold of a conversation: a page of its own, with who set and released it, when and why."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from chat import holds
from chat.engine.errors import Refused
from chat.holds import REASON_LEAST, REASON_MOST
from chat.models import Conversation, LegalHold, User


class HoldForm(forms.Form):
    """Why a conversation is held or released."""

    reason = forms.CharField(
        min_length=REASON_LEAST,
        max_length=REASON_MOST,
        error_messages={
            "required": "Say why.",
            "min_length": "Say a little more: a case, a request, a name to ask.",
        },
    )


class Holdable(admin.ModelAdmin):
    """Conversations with a page for their legal hold."""

    def get_urls(self) -> list[URLPattern]:
        """The page, before Django's own."""
        view = self.admin_site.admin_view(self.hold_view)
        return [path("<uuid:key>/hold/", view, name="chat_conversation_hold"), *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def hold_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Set a hold, or release the one there is."""
        if not holds.may_hold(cast(User, request.user)):
            raise PermissionDenied
        conversation = get_object_or_404(Conversation.objects.select_related("owner"), pk=key)
        form = HoldForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._changed(request, conversation, form.cleaned_data["reason"])
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Legal hold",
            "opts": self.opts,
            "original": conversation,
            "form": form,
            "limits": (REASON_LEAST, REASON_MOST),
            "hold": holds.standing(conversation),
            "past": LegalHold.objects.filter(conversation=conversation).exclude(released_at=None),
        }
        return render(request, "admin/chat/conversation/hold.html", context)

    def _changed(self, request: HttpRequest, conversation: Conversation, reason: str) -> HttpResponse:
        release = "release" in request.POST
        try:
            (holds.release if release else holds.set_hold)(cast(User, request.user), conversation, reason)
        except Refused as refused:
            self.message_user(request, refused.message, messages.ERROR)
        else:
            done = "The hold is released." if release else "The conversation is on legal hold."
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:chat_conversation_hold", conversation.pk)
