"""One family of errors, with codes that programs and stored rows rely on."""

import re

import pytest

from chat.engine import errors
from chat.engine.errors import BadKey, ChatError, InternalFault, Overloaded, ProviderError, RateLimited, Refused

FAMILY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ChatError)]
# Codes are stored with messages and usage records, and clients know them: they may be added to, never changed.
CODES = {
    "ChatError": "error",
    "InternalFault": "internal",
    "ProviderError": "provider_error",
    "Unreachable": "unreachable",
    "Overloaded": "overloaded",
    "RateLimited": "rate_limited",
    "ServerFault": "server_error",
    "TimedOut": "timeout",
    "BadAnswer": "bad_answer",
    "CutOff": "cut_off",
    "BadKey": "bad_key",
    "PaymentNeeded": "payment",
    "NotAllowed": "not_allowed",
    "NoSuchModel": "no_such_model",
    "OverBudget": "over_budget",
    "TooLarge": "too_large",
    "BadRequest": "bad_request",
}
RETRYABLE = {
    "internal",
    "unreachable",
    "overloaded",
    "rate_limited",
    "server_error",
    "timeout",
    "bad_answer",
    "cut_off",
}
_BRANCH = re.compile(r"^ {4}(?P<indent> *)(?:\+-- )?(?P<name>[A-Z]\w+)(?P<rest>.*)$")


def drawn() -> list[tuple[str, str, str]]:
    """The tree in the docstring: the name of each class, the name of its base, and the line's last word."""
    path: list[tuple[int, str]] = []
    tree = []
    for line in str(errors.__doc__).splitlines():
        if match := _BRANCH.match(line):
            depth = len(match["indent"])
            path = [each for each in path if each[0] < depth]
            tree.append((match["name"], path[-1][1] if path else "Exception", match["rest"].split()[-1]))
            path.append((depth, match["name"]))
    return tree


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert [(name, base) for name, base, _ in drawn()] == [
        (kind.__name__, kind.__base__ and kind.__base__.__name__) for kind in FAMILY
    ]


def test_the_codes_in_the_docstring_are_the_codes_of_the_classes() -> None:
    told = {name: word for name, _, word in drawn() if name not in {"ChatError", "Refused", "ProviderError"}}
    assert told == {name: code for name, code in CODES.items() if name in told}
    assert len(told) == len(CODES) - 2


def test_the_codes_stay_as_they_are_and_are_unique() -> None:
    assert {kind.__name__: kind.code for kind in FAMILY if kind is not Refused} == CODES
    assert len(set(CODES.values())) == len(CODES)


def test_only_what_time_can_cure_is_worth_a_retry() -> None:
    assert {kind.code for kind in FAMILY if kind.retryable} == RETRYABLE


@pytest.mark.parametrize("kind", [kind for kind in FAMILY if kind is not Refused])
def test_every_error_has_a_sentence_for_a_person(kind: type[ChatError]) -> None:
    error = kind("what the other side said")
    assert str(error) == error.message == kind.sentence
    assert re.fullmatch(r"[A-Z].*\.", error.message)
    assert error.detail == "what the other side said"
    assert error.retry_after is None


def test_every_class_of_the_family_says_what_it_is() -> None:
    assert all(kind.__doc__ for kind in FAMILY)


def test_a_sentence_can_be_replaced_where_more_is_known() -> None:
    error = BadKey("401", message="The key has expired.", request_id="req_1", status=401)
    assert (str(error), error.message, error.detail) == ("The key has expired.", "The key has expired.", "401")
    assert (error.code, error.request_id, error.status) == ("bad_key", "req_1", 401)


def test_a_provider_error_knows_neither_request_nor_status_where_there_was_no_answer() -> None:
    error = Overloaded()
    assert (error.request_id, error.status) == ("", None)
    assert RateLimited(retry_after=7).retry_after == 7


def test_a_refusal_has_the_code_of_its_reason_and_leaves_the_class_alone() -> None:
    refused = Refused("too_fast", "Wait a moment.", retry_after=3)
    assert (refused.code, refused.message, refused.retry_after) == ("too_fast", "Wait a moment.", 3)
    assert not refused.retryable
    assert Refused.code == ChatError.code


def test_our_own_faults_are_not_those_of_the_provider() -> None:
    assert not issubclass(InternalFault, ProviderError)
    assert not issubclass(Refused, ProviderError)
