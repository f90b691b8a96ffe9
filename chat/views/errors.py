"""What people get where a page could not be made through no fault of theirs."""

import sys

from django import db
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

AWAY = "The service cannot reach its database right now. Nothing is lost: try again in a moment."
RETRY_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """503 and a way on where the database is away, 500 for a fault of ours. Django calls it with the error at hand."""
    if not isinstance(sys.exception(), db.OperationalError | db.InterfaceError):
        return defaults.server_error(request)
    if request.headers.get("X-Requested-With") == "fetch":
        response = HttpResponse(AWAY, content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(render_to_string("503.html", {"sentence": AWAY}))
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
