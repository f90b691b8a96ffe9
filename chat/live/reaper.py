"""The reaper: ends the turns whose process is gone, with their text kept and their calls settled as lower bounds.

What a process has read since it last saved is lost with it, so more may have been written, and billed, than is kept.
"""

import asyncio
import logging
from collections.abc import Container
from dataclasses import replace
from uuid import UUID

from django.db import InterfaceError, OperationalError

from chat import ledger, prompts, turns
from chat.engine.events import Outcome, Started
from chat.engine.provider import Provider
from chat.engine.reply import Reply
from chat.engine.usage import Usage, merged, with_output
from chat.ledger import EstimatedBy
from chat.live.announce import announce_end
from chat.live.estimate import estimated
from chat.live.process import is_gone
from chat.live.threads import in_thread
from chat.models import LanguageModel, Message

logger = logging.getLogger(__name__)

SIGN_SECONDS = 3
SETTLE_SECONDS = 10
AT_ONCE = 16
"""Orphans that are ended side by side: where the API does not answer, each waits for seconds for its tokens."""
_OF_WHAT_WAS_SAVED: dict[str, str] = {
    EstimatedBy.TEXT_COUNTED: EstimatedBy.SAVED_TEXT_COUNTED,
    EstimatedBy.TEXT_LENGTH: EstimatedBy.SAVED_TEXT_LENGTH,
}


async def reap(provider: Provider, spare: Container[UUID] = ()) -> int:
    """Interrupt every orphan; returns how many. Safe to run in many processes at once: only one ends each turn.

    Turns in ``spare`` are those of this process: a sleep or a database that was away made them silent, not dead.
    """
    room = asyncio.Semaphore(AT_ONCE)
    orphans = await _orphans(spare)
    outcomes = await asyncio.gather(*(_ended(provider, orphan, room) for orphan in orphans), return_exceptions=True)
    for failure in outcomes:
        if isinstance(failure, BaseException):
            raise failure
    abandoned = await in_thread(ledger.abandoned_calls)()
    if any(call.model for call in abandoned):
        # Where a chat was deleted just now, who streams the answer learns of it, counts what arrived and closes it.
        await asyncio.sleep(SETTLE_SECONDS)
    for call in abandoned:
        await in_thread(ledger.close_call)(call, Outcome.INTERRUPTED.value)
    ended = sum(outcome is True for outcome in outcomes)
    if ended:
        logger.warning("%d answers were interrupted: the processes that wrote them are gone.", ended)
    return ended


async def _orphans(spare: Container[UUID]) -> list[Message]:
    orphans = [orphan for orphan in await in_thread(turns.orphans)(is_gone) if orphan.pk not in spare]
    if all(is_gone(orphan.runner) for orphan in orphans):
        return orphans
    # After a sleep of the machine or a database that was away all are silent for a moment; and where clocks differ, or
    # one has jumped, all seem to be. Who lives gives another sign meanwhile, whatever its clock says.
    await asyncio.sleep(SIGN_SECONDS)
    silent = {(orphan.pk, orphan.heartbeat) for orphan in orphans}
    again = await in_thread(turns.orphans)(is_gone)
    return [orphan for orphan in again if (orphan.pk, orphan.heartbeat) in silent]


async def _ended(provider: Provider, orphan: Message, room: asyncio.Semaphore) -> bool:
    async with room:
        ended = await _interrupted(provider, orphan)
        if ended:
            # Whoever watches it learns the end from the database.
            await announce_end(orphan.conversation.owner_id, orphan.conversation_id)
        return ended


async def _interrupted(provider: Provider, orphan: Message) -> bool:
    try:
        return await _interrupt(provider, orphan)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        logger.exception("Turn %s could not be interrupted; the others go on.", orphan.pk)
        return False


async def _interrupt(provider: Provider, orphan: Message) -> bool:
    calls = await in_thread(ledger.open_calls)(orphan.pk)
    settled = [await _settled(provider, orphan, call) for call in calls]
    last = settled.pop() if settled else None
    as_seen = {"runner": orphan.runner, "heartbeat": orphan.heartbeat}
    if not await in_thread(turns.end)(turns.Snapshot(orphan.pk, orphan.content, last, as_seen), Outcome.INTERRUPTED):
        return False
    for call in settled:
        await in_thread(ledger.close_call)(call, Outcome.INTERRUPTED.value)
    return True


async def _settled(provider: Provider, orphan: Message, call: ledger.Call) -> ledger.Call:
    if orphan.state == Message.State.QUEUED:
        return ledger.Call(call.record)  # never sent
    reply = Reply.of(orphan.content)
    if call.model:
        reply.started, reply.usage = Started(call.model, call.request_id), dict(call.usage)
    try:
        prompt = await in_thread(prompts.prompt_of)(orphan.pk)
    except (LanguageModel.DoesNotExist, Message.DoesNotExist):
        return call
    settled = _at_least(await estimated(provider, prompt, reply, call))
    return _without(settled, await in_thread(ledger.written_before)(orphan.pk)) if call.model else settled


def _at_least(call: ledger.Call) -> ledger.Call:
    """The same as a lower bound, which rests on what was saved."""
    how = _OF_WHAT_WAS_SAVED.get(call.estimated_by, call.estimated_by)
    return replace(call, exactness=ledger.Exactness.LOWER_BOUND, estimated_by=how)


def _without(call: ledger.Call, earlier: Usage) -> ledger.Call:
    """The call alone: what is kept of an answer does not tell it from the calls that it continues."""
    if earlier == Usage():
        return call
    whole = Usage.from_api(call.usage)
    searches = max(whole.web_searches - earlier.web_searches, 0)
    own = merged(call.usage, {"server_tool_use": {"web_search_requests": searches}})
    return replace(call, usage=with_output(own, max(whole.output - earlier.output, 0)))
