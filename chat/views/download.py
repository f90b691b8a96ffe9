"""What people take with them."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from chat.exports import person
from chat.exports.download import download
from chat.models import User


@require_safe
@login_required
def own_data(request: HttpRequest) -> HttpResponseBase:
    """All that is the person's own, as one JSON file."""
    name = f"chat-{timezone.localdate()}.json"
    return download(person.pieces(cast(User, request.user)), name=name, content_type="application/json")
