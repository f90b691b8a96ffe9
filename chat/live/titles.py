"""The title of a new chat: made by the cheapest model after the first answer, its cost recorded like any other."""

import logging
from contextlib import aclosing

from django.db import IntegrityError

from chat import conversations, ledger, prompts
from chat.engine.events import CallFailed, Calling, Ended
from chat.engine.generation import Limits
from chat.engine.provider import Provider
from chat.engine.reply import Reply, plain_text
from chat.live.announce import announce_title
from chat.live.metering import Metered
from chat.live.threads import until_done
from chat.models import LanguageModel, UsageRecord
from chat.turns import Begun

logger = logging.getLogger(__name__)

WRAPPING = " \t\n.\"'“”«»"  # what models put around a title
LIMITS = Limits(attempts=2, idle=20, total=30)


async def give_title(provider: Provider, begun: Begun, answer: str) -> None:
    """Ask for a title and keep it, unless the person has given one meanwhile. Without one the first words stay."""
    title = None
    try:
        title = await _title(provider, begun, answer)
    finally:
        # It tells what was spent, too, on the answer before.
        await announce_title(begun.owner, begun.conversation, title)


async def _title(provider: Provider, begun: Begun, answer: str) -> str | None:
    try:
        prompt = await until_done(prompts.title_prompt, begun.text, answer)
    except LanguageModel.DoesNotExist:
        logger.warning("New chats get no titles: CHAT_TITLE_MODEL is not in the catalogue of models.")
        return None
    reply = Reply()
    metered = Metered(
        provider, prompt, LIMITS, reply, user_id=begun.owner, message_id=begun.turn, purpose=UsageRecord.Purpose.TITLE
    )
    try:
        await _make(metered, reply)
    except IntegrityError:
        return None  # the chat was deleted meanwhile
    made = plain_text(reply.content()).strip(WRAPPING)
    return await until_done(conversations.retitle, begun.conversation, provisional=begun.title, title=made)


async def _make(metered: Metered, reply: Reply) -> None:
    async with aclosing(metered.events()) as events:
        async for event in events:
            if not isinstance(event, Calling | CallFailed):
                reply.append(event)
            if isinstance(event, Ended):
                call = await metered.settled(event)
                if call:
                    await until_done(ledger.close_call, call, event.outcome.value)
