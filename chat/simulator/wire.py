"""The bytes of the Messages API: Server-Sent Event frames, HTTP chunks, JSON bodies, ids and headers."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from json.encoder import encode_basestring as quote
from typing import Any

from .errors import ApiError

# The API pads each JSON object with blanks before its last brace, so that frame sizes say little about the text.
PADDING = tuple(" " * ((n * 7) % 16) for n in range(16))
END = b"0\r\n\r\n"


def compact(value: object) -> str:
    """`value` as JSON without blanks, non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def raw_frame(name: str, data: str) -> bytes:
    """One event with `data` as it is: nothing is checked or padded."""
    return f"event: {name}\ndata: {data}\n\n".encode()


def frame(name: str, payload: dict[str, Any]) -> bytes:
    """One event as the API writes it, `type` first and padded."""
    text = compact({"type": name, **payload})
    return raw_frame(name, f"{text[:-1]}{PADDING[len(text) & 15]}}}")


def deltas(index: int, kind: str, field: str) -> Callable[[str], bytes]:
    """An encoder of pieces for one block: prepared once, because it runs for each token of 400 streams."""
    head = (
        "event: content_block_delta\n"
        f'data: {{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{field}":'
    )

    def encode(piece: str) -> bytes:
        quoted = quote(piece)
        return f"{head}{quoted}}}{PADDING[len(quoted) & 15]}}}\n\n".encode()

    return encode


def chunk(data: bytes) -> bytes:
    """`data` as one chunk of a chunked HTTP body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def error_body(error: ApiError, request_id: str) -> dict[str, Any]:
    """The JSON body of a failed request."""
    found: dict[str, Any] = {"type": error.kind, "message": error.message}
    if error.code:
        found["details"] = {"error_code": error.code}
    return {"type": "error", "error": found, "request_id": request_id}


def new_id(prefix: str) -> str:
    """A fresh id in the API's form, such as `req_018f...`."""
    return f"{prefix}_01{secrets.token_hex(11)}"


def derived_id(prefix: str, *seed: str) -> str:
    """An id that is the same for the same seed, so that an answer can be computed twice."""
    return f"{prefix}_01{hashlib.blake2b(':'.join(seed).encode(), digest_size=11).hexdigest()}"


def headers(request_id: str, input_tokens: int = 0) -> dict[str, str]:
    """Response headers of the API: request id, organisation, rate limits (generous, and only for show)."""
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    limits = {"requests": (4000, 3999), "input-tokens": (2_000_000, max(0, 2_000_000 - input_tokens))}
    limits["output-tokens"] = (400_000, 400_000)
    found = {"request-id": request_id, "anthropic-organization-id": "5137a70d-0000-4000-8000-000000000000"}
    for name, (limit, remaining) in limits.items():
        found[f"anthropic-ratelimit-{name}-limit"] = str(limit)
        found[f"anthropic-ratelimit-{name}-remaining"] = str(remaining)
        found[f"anthropic-ratelimit-{name}-reset"] = reset
    return found
