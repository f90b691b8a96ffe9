"""``manage.py ask "question"``: a tab in the terminal. The answer streams to it as it does to a page."""

import asyncio
import json
import signal
from argparse import ArgumentParser
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError

from chat import wire
from chat.engine.errors import Refused
from chat.live.runner import current_runner
from chat.models import User
from chat.tab import Tab

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
        asyncio.run(self._ask(_asker(user), question, model))
        if error := self.ended.get("error"):
            raise CommandError(f"{error['message']} {error['detail']}".strip())

    async def _ask(self, user: User, question: str, model: str) -> None:
        current_runner().start()
        self.tab = Tab(user, self._show)
        self.kinds: dict[int, str] = {}
        # Not validated as a frame: what is wrong with it is for `turns` to say, in a sentence.
        send = wire.Send.model_construct(key=uuid4(), conversation=None, parent=None, text=question, model=model)
        try:
            await asyncio.gather(self.tab.obey(send), self.tab.pump.run())
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        finally:
            await current_runner().close(drain=TITLE_SECONDS)

    def _stop(self, turn: UUID) -> None:
        stop = wire.Stop(type="stop", turn=turn)
        self.stopping = asyncio.ensure_future(self.tab.obey(stop))

    async def _show(self, frame: str) -> None:
        match json.loads(frame):
            case {"type": "accepted", "turn": turn}:
                asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop, UUID(turn))
            case {"type": "block", "index": index, "kind": kind}:
                self.kinds[index] = kind
            case {"type": "delta", "index": index, "text": text} if self.kinds[index] == "text":
                self.stdout.write(text, ending="")
                self.stdout.flush()
            case {"type": "ended"} as ended:
                self.ended = ended
                self.stderr.write(f"\n{_summary(ended)}", self.style.NOTICE)
                self.tab.pump.close()


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
