"""``manage.py ask "question"``: the answer streams to the terminal, through the same turn code as the page's."""

import asyncio
import signal
from argparse import ArgumentParser
from functools import partial
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError

from chat import turns
from chat.engine.errors import Refused
from chat.engine.events import Delta
from chat.engine.reply import Cursor
from chat.live.runner import current_runner
from chat.live.turn import LiveTurn
from chat.models import User

TITLE_SECONDS = 10


class Command(BaseCommand):
    """Ask as a user; Ctrl-C stops the answer and shows what it cost."""

    help = "Ask a question and stream the answer. The conversation is kept like any other. Ctrl-C stops the answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to ask, as whom, of which model."""
        parser.add_argument("question")
        parser.add_argument("--user", help="whose conversation it becomes; without it the first administrator's")
        parser.add_argument("--model", default="", help="id of the model; without it CHAT_DEFAULT_MODEL")

    def handle(self, question: str, user: str | None, model: str, **_: Any) -> None:
        """Run the command."""
        ended = asyncio.run(self._ask(_asker(user), question, model))
        if error := ended.get("error"):
            raise CommandError(f"{error['message']} {error['detail']}".strip())

    async def _ask(self, user: User, question: str, model: str) -> dict[str, Any]:
        runner = current_runner()
        begin = partial(turns.begin, user, key=uuid4(), conversation=None, parent=None, text=question, model=model)
        try:
            begun = await runner.begin(partial(begin, runner=runner.name))
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, runner.stop, begun.turn)
        ended = await self._follow(runner.turns[begun.turn])
        await runner.close(drain=TITLE_SECONDS)
        return ended

    async def _follow(self, turn: LiveTurn) -> dict[str, Any]:
        more = asyncio.Event()
        turn.watch(self, more.set)
        cursor = Cursor()
        while not turn.ended:
            await more.wait()
            more.clear()
            events, cursor = turn.reply.since(cursor), turn.reply.end
            for event in events:
                if isinstance(event, Delta) and turn.reply.blocks[event.index].kind == "text":
                    self.stdout.write(event.text, ending="")
            self.stdout.flush()
        self.stderr.write(f"\n{_summary(turn.ended)}", self.style.NOTICE)
        return turn.ended


def _asker(name: str | None) -> User:
    people = User.objects.filter(is_active=True)
    people = people.filter(username=name) if name else people.filter(is_superuser=True)
    user = people.order_by("pk").first()
    if user is None:
        raise CommandError(f"There is no active user {name}." if name else "There is no administrator yet: make run.")
    return user


def _summary(ended: dict[str, Any]) -> str:
    usage = ended.get("usage") or {}
    cost = ended.get("cost")
    price = "unpriced" if cost is None else f"{'' if ended['exactness'] == 'exact' else '~'}${cost}"
    tokens = f"{usage.get('input', 0)} tokens in, {usage.get('output', 0)} out"
    return f"{ended['state']} · {ended.get('model', '')} · {tokens} · {price} · {ended.get('seconds') or 0:.1f} s"
