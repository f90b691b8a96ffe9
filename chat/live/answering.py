"""How one turn is answered: its events go to the live turn, its end into the database."""

from contextlib import aclosing
from dataclasses import replace

from django.conf import settings

from chat import turns
from chat.engine.events import CallFailed, Calling, Ended, Event, Outcome
from chat.engine.generation import Limits
from chat.engine.provider import Prompt, Provider
from chat.engine.reply import Cursor
from chat.live.metering import Metered
from chat.live.threads import until_done
from chat.live.turn import LiveTurn


class Answering:
    """Answers one turn, from its first call to its end; ``stop``, from the same loop, ends it early."""

    def __init__(self, turn: LiveTurn, provider: Provider, prompt: Prompt) -> None:
        self.turn = turn
        limits = Limits(idle=settings.CHAT_IDLE_SECONDS, total=settings.CHAT_TOTAL_SECONDS)
        self._metered = Metered(provider, prompt, limits, turn.reply, user_id=turn.owner, message_id=turn.id)
        self._outcome_of_stop = Outcome.STOPPED
        self._saving = self._saved = Cursor()
        self._noted: int | None = None

    def stop(self, outcome: Outcome = Outcome.STOPPED) -> None:
        """Close the connection to the API and end the turn, as ``stopped`` or as ``interrupted``."""
        self._outcome_of_stop = outcome
        self._metered.stop()

    async def run(self) -> None:
        """Answer, and keep the end. Only a cancelled task leaves the turn open, for the reaper."""
        async with aclosing(self._metered.events()) as events:
            async for event in events:
                if isinstance(event, Calling | CallFailed):
                    self._tell(event)
                else:
                    self.turn.append(event)
                if isinstance(event, Ended):
                    await self._end(event)

    def snapshot(self) -> turns.Snapshot:
        """The turn as far as it has come."""
        return turns.Snapshot(self.turn.id, self.turn.reply.content(), self._metered.call())

    def unsaved(self) -> turns.Snapshot | None:
        """The turn as far as it has come, if that is further than what was ``saved``.

        The start of a call is, too: it tells the exact input side, and it may be long before there is more to show.
        """
        self._saving = self.turn.reply.end
        call = self._metered.call()
        news = call if call and call.record != self._noted else None
        if self._saving == self._saved and not (news and news.usage):
            return None
        return turns.Snapshot(self.turn.id, self.turn.reply.content(), news)

    def saved(self, snapshot: turns.Snapshot) -> None:
        """What ``unsaved`` gave was written; the start of a call needs to be only once."""
        self._saved = self._saving
        if snapshot.call and snapshot.call.usage:
            self._noted = snapshot.call.record

    def _tell(self, event: Event) -> None:
        match event:
            case Calling(attempt):
                self.turn.tell({"state": "waiting", "attempt": attempt})
            case CallFailed(error, retry_in):
                told = {"code": error.code, "message": error.message, "retry_in": round(retry_in, 2)}
                self.turn.tell({"state": "retrying", **told})

    async def _end(self, event: Ended) -> None:
        call = await self._metered.settled(event)
        snapshot = replace(self.snapshot(), call=call)
        outcome = self._outcome_of_stop if event.outcome is Outcome.STOPPED else event.outcome
        # A database that is away is waited for: nobody is told of an end before it is kept.
        await until_done(
            turns.end,
            snapshot,
            outcome,
            stop_reason=event.stop_reason or "",
            error_code=event.error.code if event.error else "",
            error_detail=event.error.detail if event.error else "",
        )
