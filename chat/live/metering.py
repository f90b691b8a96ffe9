"""A generation whose calls are entered in the ledger: each opened before it is made, each failed one closed at once.

The last call is not closed here but handed out by ``settled``: it is closed in the transaction that keeps the end.
Where a hard budget binds, the longest answer of each call is what is left for it; an answer that needs a further call
which the budget has not enough for ends as failed.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any

from chat import ledger
from chat.engine.errors import CutOff, OverBudget, ProviderError, Refused, TimedOut
from chat.engine.events import BlockEnded, BlockStarted, CallFailed, Calling, Delta, Ended, Event, Note, Outcome
from chat.engine.generation import Generation, Limits
from chat.engine.provider import Prompt, Provider
from chat.engine.reply import Reply
from chat.ledger import Call, EstimatedBy, Exactness, Opened, Uncounted
from chat.live.estimate import estimated, size_of
from chat.live.threads import until_done

PAUSES = 5  # how often one answer may be continued; the API pauses after some ten runs of its own tools


class Metered:
    """One answer being made into ``reply``; ``entry`` tells `ledger.open_call` what it is for.

    Where the API pauses a turn (``pause_turn``), the answer so far is sent back and goes on in a further call. The
    events are those of one answer: of the further calls only the blocks are seen, numbered on.
    """

    def __init__(self, provider: Provider, prompt: Prompt, limits: Limits, reply: Reply, **entry: Any) -> None:
        self._provider = provider
        self._prompt = prompt
        self._question = prompt.messages
        self._limits = limits
        self._reply = reply
        self._entry = entry
        self._generation = Generation(provider, prompt, limits)
        self._stopped = False
        self._record: int | None = None
        self._calls = 0
        self._called_at = 0.0
        self._first_token: float | None = None

    def stop(self) -> None:
        """End the answer now; see `Generation.stop`."""
        self._stopped = True
        self._generation.stop()

    async def events(self) -> AsyncGenerator[Event]:
        """The generation's events, for the caller to append to the reply and to show."""
        deadline = monotonic() + self._limits.total
        for pause in range(PAUSES + 1):
            async with aclosing(self._generation.events()) as events:
                base = len(self._reply.blocks)
                async for event in events:
                    if isinstance(event, Delta):
                        self._note_delta()
                    elif isinstance(event, Calling | CallFailed) and (refusal := await self._enter(event)):
                        yield Ended(Outcome.FAILED, error=OverBudget(refusal.message))
                        return
                    if isinstance(event, Ended) and self._goes_on(event, pause):
                        break
                    if not base:
                        yield event
                    elif not isinstance(event, Calling | CallFailed):
                        yield _numbered_on(event, base)
                else:
                    return
            await self._go_on(deadline - monotonic())

    def _goes_on(self, ended: Ended, pauses: int) -> bool:
        return ended.stop_reason == "pause_turn" and pauses < PAUSES and bool(self._reply.blocks)

    def _note_delta(self) -> None:
        if self._first_token is None:
            self._first_token = monotonic() - self._called_at

    async def _enter(self, event: Calling | CallFailed) -> Refused | None:
        """Open the record of a call that is about to be made, or close that of one that failed."""
        try:
            await (self._open() if isinstance(event, Calling) else self._close(event.error))
        except Refused as refusal:
            return refusal
        return None

    async def _go_on(self, seconds: float) -> None:
        """Close the call that paused, and send back what it wrote, as it is."""
        call, self._record = self.call(), None
        if call:
            await until_done(ledger.close_call, await self._estimated(call, None), Outcome.COMPLETE.value)
        self._reply.restart()
        answer = {"role": "assistant", "content": self._reply.content()}
        self._prompt = replace(self._prompt, messages=[*self._question, answer])
        self._generation = Generation(self._provider, self._prompt, replace(self._limits, total=max(seconds, 0)))
        if self._stopped:
            self._generation.stop()

    def call(self, error: ProviderError | None = None) -> Call | None:
        """The call as far as it has come, which is a lower bound; ``None`` where none was made."""
        if self._record is None:
            return None
        started = self._reply.started
        return Call(
            record=self._record,
            model=started.model if started else "",
            request_id=started.request_id if started else error.request_id if error else "",
            usage=dict(self._reply.usage),
            exactness=Exactness.LOWER_BOUND,
            estimated_by=EstimatedBy.LAST_COUNT,
            error_code=error.code if error else "",
            first_token_seconds=self._first_token,
            seconds=monotonic() - self._called_at,
        )

    async def settled(self, ended: Ended) -> Call | None:
        """The last call with all that it used, exact or estimated."""
        call = self.call(ended.error)
        if call is None:
            return None
        settled = await self._estimated(call, ended.error)
        written = any(block.length or block.kind != "text" for block in self._reply.blocks_of_call)
        refused_at_once = ended.stop_reason == "refusal" and not written
        return replace(settled, billed=not refused_at_once)

    async def _open(self) -> None:
        self._calls += 1
        # A database that is away is waited for: no call without a record, and no answer fails for want of one.
        entry = {"model": self._prompt.model, "attempt": self._calls, **self._entry}
        try:
            opened: Opened = await until_done(ledger.open_call, **entry)
        except Uncounted:
            size = await size_of(self._provider, self._prompt)
            opened = await until_done(ledger.open_call, **entry, size=size)
        self._record = opened.record
        self._generation.prompt = replace(self._prompt, max_tokens=opened.max_tokens or self._prompt.max_tokens)
        self._called_at, self._first_token = monotonic(), None

    async def _close(self, error: ProviderError) -> None:
        call = self.call(error)
        self._record = None
        if call:
            await until_done(ledger.close_call, await self._estimated(call, error), Outcome.FAILED.value)
        self._reply.restart()

    async def _estimated(self, call: Call, error: ProviderError | None) -> Call:
        # Not asked, an error status, or no connection: the API did not work for us and bills nothing.
        late = isinstance(error, TimedOut | CutOff) and error.status is None
        taken = error is None or late or self._reply.started is not None
        sent = self._generation.asked and taken
        return await estimated(self._provider, self._prompt, self._reply, call, sent=sent)


def _numbered_on(event: Event, base: int) -> Event:
    """The event with its block's number in the whole answer."""
    if isinstance(event, BlockStarted | Delta | Note | BlockEnded):
        return replace(event, index=event.index + base)
    return event
