"""The port to whoever answers: a prompt in, a stream of events out."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chat.engine.events import Event, Json


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question with everything the API needs to answer it.

    ``messages`` are in the API's own shape; ``thinking`` is the API's thinking object or ``None`` to leave it out;
    ``effort`` is empty for the model's own default; ``user`` is an opaque id for attribution.
    """

    model: str
    messages: Sequence[Json]
    max_tokens: int
    system: str = ""
    thinking: dict[str, Any] | None = None
    effort: str = ""
    user: str = ""


class Provider(Protocol):
    """Whoever answers. One object per process; it lives until ``aclose``."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Event]:
        """Make one call and yield ``Started``, ``UsageSeen``, block events and one ``Ended`` (``COMPLETE``).

        Never retries. Raises a `ProviderError` for every fault; closing the generator closes the connection.
        """
        ...

    async def count_tokens(self, model: str, messages: Sequence[Json]) -> int:
        """Input tokens of ``messages``, free of charge; raises `ProviderError`."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
