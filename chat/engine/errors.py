"""One family of errors for everything that can go wrong between a question and its answer.

    ChatError                    code, message, retryable, retry_after
     +-- Refused                 we did not take the command: nothing was asked, nothing was spent
     +-- InternalFault           our own code failed                                    internal
     +-- ProviderError           the call to the model went wrong; request_id, status where known
          +-- Unreachable        no connection, or it broke before the first byte      unreachable
          +-- Overloaded         503, 529 or an ``overloaded_error`` event             overloaded
          +-- RateLimited        429                                                   rate_limited
          +-- ServerFault        500, 502, 504, ``api_error``                          server_error
          +-- TimedOut           no answer head, silence, or over the total time       timeout
          +-- BadAnswer          not the Messages API's format                         bad_answer
          +-- CutOff             the stream ended or broke before ``message_stop``     cut_off
          +-- BadKey             401                                                   bad_key
          +-- PaymentNeeded      402, or a spend limit (a 400 or 429)                  payment
          +-- NotAllowed         403                                                   not_allowed
          +-- NoSuchModel        404                                                   no_such_model
          +-- OverBudget         a further call, and what is left of a budget is less  over_budget
          +-- TooLarge           413                                                   too_large
          +-- BadRequest         every other 4xx                                       bad_request

``message`` is a sentence for the person who asked; ``detail`` is what the other side said, for the fold behind it.
"""

from typing import ClassVar


class ChatError(Exception):
    """Base of the family: ``code`` is stable and for programs, ``message`` is for people.

    ``retry_after`` is in seconds; ``None`` where waiting is not the cure.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message or self.sentence)
        self.message = message or self.sentence
        self.detail = detail
        self.retry_after = retry_after


class Refused(ChatError):
    """A command we did not take; ``code`` varies with the reason, so it is an argument here."""

    def __init__(self, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message=message, retry_after=retry_after)
        self.code = code  # type: ignore[misc]


class InternalFault(ChatError):
    """Our own code failed; the log of the service has the details."""

    code = "internal"
    sentence = "This service had an internal fault. Your question is kept, and so is what had arrived."
    retryable = True


class ProviderError(ChatError):
    """A call to the model that went wrong; ``request_id`` and ``status`` (HTTP) where they are known."""

    code = "provider_error"
    sentence = "Claude could not answer. Your question is kept."

    def __init__(
        self,
        detail: str = "",
        *,
        message: str = "",
        retry_after: float | None = None,
        request_id: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(detail, message=message, retry_after=retry_after)
        self.request_id = request_id
        self.status = status


class Unreachable(ProviderError):
    """No connection to the API, or one that broke before its first byte."""

    code = "unreachable"
    sentence = "Claude cannot be reached right now (no connection). Your question is kept."
    retryable = True


class Overloaded(ProviderError):
    """The API has too much to do."""

    code = "overloaded"
    sentence = "Claude is busy right now (overloaded). Your question is kept."
    retryable = True


class RateLimited(ProviderError):
    """Our key has asked too much in too short a time."""

    code = "rate_limited"
    sentence = "Too many questions at once for this service (rate limit). Your question is kept; try again shortly."
    retryable = True


class ServerFault(ProviderError):
    """The API failed inside."""

    code = "server_error"
    sentence = "Claude had an internal fault. Your question is kept."
    retryable = True


class TimedOut(ProviderError):
    """Nothing came for too long, or the answer took longer than any answer may."""

    code = "timeout"
    sentence = "Claude did not answer in time. What had arrived is kept."
    retryable = True


class BadAnswer(ProviderError):
    """What came back is not the Messages API's format: often a proxy or a wrong base URL."""

    code = "bad_answer"
    sentence = "The answer could not be read. What had arrived is kept."
    retryable = True


class CutOff(ProviderError):
    """The stream ended or broke before the answer was complete."""

    code = "cut_off"
    sentence = "The connection to Claude broke in mid-answer. What had arrived is kept."
    retryable = True


class BadKey(ProviderError):
    """401: the key is missing or wrong."""

    code = "bad_key"
    sentence = "The API key of this service is missing or wrong. An administrator must set ANTHROPIC_API_KEY."


class PaymentNeeded(ProviderError):
    """402, or a spend limit that was reached: money, not time, is the cure."""

    code = "payment"
    sentence = "The account of this service has no credit left. An administrator must top it up or raise its limit."


class NotAllowed(ProviderError):
    """403: the key may not do this."""

    code = "not_allowed"
    sentence = "The API key of this service may not use this model. Choose another, or ask an administrator."


class NoSuchModel(ProviderError):
    """404: the API does not know the model."""

    code = "no_such_model"
    sentence = "This model does not exist any more. Choose another one."


class OverBudget(ProviderError):
    """A further call for an answer, which a budget has not enough left for. The first is refused with the question."""

    code = "over_budget"
    sentence = "What is left of the budget is not enough to go on. Your question is kept, and so is what had arrived."


class TooLarge(ProviderError):
    """413: the conversation is larger than the API takes."""

    code = "too_large"
    sentence = "This conversation has become too large for the API. Start a new chat, or shorten the question."


class BadRequest(ProviderError):
    """Every other 4xx: the API does not take what we sent."""

    code = "bad_request"
    sentence = "Claude did not accept this request. The details say why."
