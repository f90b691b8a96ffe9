"""From what the SDK and its HTTP client raise to our own errors.

The table of what they raise, measured, is section 4 of ``reference/anthropic-api.md``. Three things are not what one
would expect: errors in mid-stream are the HTTP client's own, an ``error`` event is an error with status 200, and a
spend limit can come as a 400 that only its words tell from a wrong request.
"""

import json
import math
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import anthropic
import httpx2

from chat.engine.errors import (
    BadAnswer,
    BadKey,
    BadRequest,
    CutOff,
    NoSuchModel,
    NotAllowed,
    Overloaded,
    PaymentNeeded,
    ProviderError,
    RateLimited,
    ServerFault,
    TimedOut,
    TooLarge,
    Unreachable,
)

RAISED = (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, ValueError)
"""All that a call may raise. ValueErrors: what came is not the API's format, or what was to be sent is not UTF-8."""

_BY_STATUS: dict[int, type[ProviderError]] = {
    401: BadKey,
    402: PaymentNeeded,
    403: NotAllowed,
    404: NoSuchModel,
    408: TimedOut,
    409: Overloaded,  # a conflict with work of the same account; it passes
    413: TooLarge,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}
_BY_TYPE: dict[str, type[ProviderError]] = {
    "authentication_error": BadKey,
    "billing_error": PaymentNeeded,
    "permission_error": NotAllowed,
    "not_found_error": NoSuchModel,
    "timeout_error": TimedOut,
    "conflict_error": Overloaded,
    "request_too_large": TooLarge,
    "rate_limit_error": RateLimited,
    "overloaded_error": Overloaded,
    "invalid_request_error": BadRequest,
}
# The wording of the API's 400s about money, which have no code of their own.
_MONEY = re.compile(r"credit balance|specified API usage limits|spend(ing)? limit", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LONGEST_DETAIL = 500


def fault_of(error: Exception, *, secret: str, request_id: str | None = None) -> ProviderError:
    """Our error for one of `RAISED`. ``request_id`` is that of the answer, ``None`` while there is no answer yet.

    ``secret`` is the API key; should the other side repeat it, it is left out of ``detail``.
    """
    if isinstance(error, anthropic.APIStatusError):
        return _of_status(error, secret)
    kind = _kind_of(error, begun=request_id is not None)
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else None
    detail = readable(str(cause or error), secret) or type(cause or error).__name__
    return kind(detail, request_id=request_id or "")


def fault_of_event(data: str, *, secret: str, request_id: str) -> ProviderError:
    """Our error for the data of an ``error`` event; data that is not JSON is a proxy's."""
    try:
        body = json.loads(data)
        error = body["error"]
        kind, message = str(error["type"]), str(error.get("message") or error["type"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ServerFault(readable(data, secret), request_id=request_id, status=200)
    fault = PaymentNeeded if _is_about_money(error, message) else _BY_TYPE.get(kind, ServerFault)
    return fault(readable(message, secret), request_id=request_id, status=200)


def readable(said: str, secret: str) -> str:
    """What the other side said as one short line: no markup, no key, at most 500 characters."""
    said = said.replace(secret, "[key]") if secret else said
    if said.lstrip().startswith("<"):
        said = unescape(_MARKUP.sub(" ", said))
    return " ".join(said.replace("\0", " ").split())[:_LONGEST_DETAIL]


def _of_status(error: anthropic.APIStatusError, secret: str) -> ProviderError:
    said = str(error.api_message or error.message)
    return _class_of(error, said)(
        readable(said, secret),
        request_id=error.request_id or "",
        status=error.status_code,
        retry_after=_retry_after(error.response.headers),
    )


def _class_of(error: anthropic.APIStatusError, said: str) -> type[ProviderError]:
    status = error.status_code
    if error.type and _is_about_money(error.body["error"] if isinstance(error.body, dict) else {}, said):
        return PaymentNeeded
    if status == 404 and not error.type:
        return BadAnswer  # somebody else's 404: the base URL is wrong
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return ServerFault
    return BadRequest if status >= 400 else BadAnswer


def _is_about_money(error: Mapping[str, Any], said: str) -> bool:
    details = error.get("details")
    code = str(details.get("error_code")) if isinstance(details, dict) else ""
    kind = error.get("type")
    return (
        kind == "billing_error"
        or "spend_limit" in code
        or (kind == "invalid_request_error" and bool(_MONEY.search(said)))
    )


def _kind_of(error: Exception, *, begun: bool) -> type[ProviderError]:
    if isinstance(error, anthropic.APITimeoutError):
        # No connection in time is no answer, but it is the network's fault.
        return Unreachable if isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.PoolTimeout) else TimedOut
    if isinstance(error, httpx2.TimeoutException):
        return TimedOut
    if isinstance(error, anthropic.APIConnectionError | httpx2.HTTPError | httpx2.StreamError):
        return CutOff if begun else Unreachable
    if isinstance(error, UnicodeEncodeError):
        return BadRequest
    return BadAnswer


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds; ``None`` where the header is absent or makes no sense."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None
