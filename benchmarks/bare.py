"""The least that streams Claude to a browser: one FastAPI endpoint, the SDK as it comes, no memory of anything."""

import json
from collections.abc import AsyncIterator

from anthropic import AsyncAnthropic
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()
claude = AsyncAnthropic()


class Question(BaseModel):
    """What a browser posts."""

    model: str
    max_tokens: int
    text: str


@app.get("/healthz")
async def healthz() -> str:
    """Whether it is up."""
    return "ok"


@app.post("/chat")
async def chat(question: Question) -> StreamingResponse:
    """The answer as Server-Sent Events, one for each piece of text."""

    async def pieces() -> AsyncIterator[str]:
        async with claude.messages.stream(
            model=question.model,
            max_tokens=question.max_tokens,
            messages=[{"role": "user", "content": question.text}],
        ) as stream:
            async for text in stream.text_stream:
                yield f"data: {json.dumps(text)}\n\n"

    return StreamingResponse(pieces(), media_type="text/event-stream")
