"""An application for `chatproject.server` to serve: it streams, and tells how far it has come."""

import asyncio

PIECE = b"x" * 65_536
FAILS_AFTER = 3
sent: list[int] = []


async def application(scope, receive, send):
    """``/endless`` streams until nobody listens any more, ``/fails`` for a moment, ``/sent`` tells how many bytes."""
    if scope["type"] != "http":
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await {"/endless": endless, "/fails": fails, "/sent": count}[scope["path"]](receive, send)


async def endless(receive, send):
    async def stream():
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            sent.append(len(PIECE))
            await asyncio.sleep(0)  # who has gone makes nobody wait

    streaming = asyncio.create_task(stream())
    await receive()  # as Django does it: the only thing that comes is that the client has gone
    streaming.cancel()


async def fails(receive, send):
    for _ in range(FAILS_AFTER):
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
    raise RuntimeError("This application fails in the middle of a response.")


async def count(receive, send):
    await send({"type": "http.response.body", "body": str(sum(sent)).encode()})
