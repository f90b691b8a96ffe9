"""Signatures of thinking blocks: bound, as on current models, to everything that came before them."""

import base64
import hashlib

from . import prompt
from .errors import ApiError

PREFIX = b"simulator:"


def sign(model: str, digest: bytes) -> str:
    """The signature of a thinking block that `model` writes after a prompt of this digest."""
    bound = hashlib.blake2b(digest, key=PREFIX, digest_size=32).digest()
    return base64.b64encode(PREFIX + model.encode() + b"\0" + bound).decode()


def check(model: str, body: prompt.Body, parts: list[prompt.Part]) -> None:
    """Refuse thinking whose prefix changed, as for accounts made since 2026-08-31 (reference section 6).

    Blocks of another model are dropped silently by the API, so they pass.
    """
    for index, message in enumerate(body["messages"]):
        for place, block in enumerate(prompt.blocks_of(message["content"])):
            if block["type"] == "thinking":
                expected = sign(model, prompt.digest_before(parts, index))
                check_one(block["signature"], expected, f"messages.{index}.content.{place}")


def check_one(given: str, expected: str, place: str) -> None:
    """Compare one signature; ApiError 400 when it is foreign or its prefix changed."""
    try:
        raw = base64.b64decode(given, validate=True)
    except ValueError:
        raw = b""
    if not raw.startswith(PREFIX):
        raise ApiError(400, f"{place}: Invalid `signature` in `thinking` block")
    same_model = raw.split(b"\0")[0] == base64.b64decode(expected).split(b"\0")[0]
    if same_model and given != expected:
        raise ApiError(400, f"{place}: `thinking` block is bound to a prefix that has changed")
