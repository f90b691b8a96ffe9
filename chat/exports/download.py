"""The pieces of a file as a response that never holds more than one of them."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import StreamingHttpResponse

from chat.live.threads import in_thread


def download(pieces: Iterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """A file to be kept under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(drawn(pieces), content_type=content_type, headers=headers)


async def drawn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece is made when the one before it has left, in one of the threads of the database.

    An error comes out of it, and has to break the connection off: what ends as it should is a whole file.
    """
    # The request's own connection would otherwise be kept from others for as long as somebody reads.
    await sync_to_async(close_old_connections)()
    while piece := await in_thread(_next)(pieces):
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    # Nothing is an end for `drawn` alone: a piece without a byte is none.
    return next((piece for piece in pieces if piece), None)
