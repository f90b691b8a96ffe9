"""Who has read which of one's conversations, where the site tells its people."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.models import ReviewRecord, User

PAGE = 50


@require_safe
@login_required
def readings(request: HttpRequest) -> HttpResponse:
    """Newest first, a page at a time."""
    if not settings.CHAT_REVIEW_VISIBLE_TO_OWNER:
        raise Http404
    person = cast(User, request.user)
    records = (
        ReviewRecord.objects.filter(owner=person).select_related("conversation").defer("conversation__system_prompt")
    )
    page = Paginator(records, PAGE).get_page(request.GET.get("p"))
    return render(request, "chat/readings.html", {"page": page, "zone": person.zone})
