"""``manage.py ask``, as a person runs it."""

import asyncio
import signal
import sys

import pytest
from django.conf import settings

from chat.models import Conversation, Message, UsageRecord
from tests.servers import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)


async def ask(upstream, question, *options):
    """Start the command on the database of the tests."""
    environment = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "ANTHROPIC_BASE_URL": upstream.url,
        "ANTHROPIC_API_KEY": "any",
    }
    command = [sys.executable, "manage.py", "ask", question, *options]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe)


async def test_the_answer_streams_and_is_kept(admin, upstream):
    process = await ask(upstream, '[[sim {"text": "Blue, mostly."}]]')
    answer, summary = await process.communicate()
    assert answer.decode() == "Blue, mostly."
    assert "complete · claude-sonnet-5-5" in summary.decode()
    assert "$0.0" in summary.decode()
    assert (await Conversation.objects.aget()).owner_id == admin.pk


async def test_ctrl_c_stops_it_and_shows_what_it_cost(admin, upstream):
    process = await ask(upstream, '[[sim {"tokens": 5000, "speed": 50, "thinking": false}]]')
    assert await process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    _, summary = await process.communicate()
    assert "stopped · claude-sonnet-5-5" in summary.decode()
    assert "~$0.0" in summary.decode()
    assert (await Message.objects.aget(role="assistant")).state == "stopped"
    assert (await UsageRecord.objects.aget(purpose="answer")).end == "stopped"


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("question", "options", "sentence"),
    [
        ("Hello", ["--user", "nobody"], "There is no active user nobody."),
        ("Hello", ["--model", "gpt-5"], "The model gpt-5 is not available."),
        (" ", [], "Write something first."),
        (b"caf\xe9", [], "cannot be sent"),
        ('[[sim {"fault": 401}]]', [], "ANTHROPIC_API_KEY"),
    ],
)
async def test_what_goes_wrong_is_a_sentence(admin, upstream, question, options, sentence):
    process = await ask(upstream, question, *options)
    _, told = await process.communicate()
    assert sentence in told.decode()
    assert "Traceback" not in told.decode()
    assert process.returncode == 1
