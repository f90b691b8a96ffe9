"""``manage.py check_ledger``: a sentence that all is well, or status 1 and what is wrong."""

import json
import threading
from datetime import UTC, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat.models import UsageRecord
from tests.providers.test_bill import item, page
from tests.spending import record_of

pytestmark = pytest.mark.django_db


def said(*options):
    out = StringIO()
    call_command("check_ledger", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def yesterday(alice):
    """A day with one call of a dollar: 500,000 tokens at 2 per million."""
    record_of(alice, cost="1", input_tokens=500_000, output_tokens=0, days_ago=1)
    return timezone.now().astimezone(UTC).date() - timedelta(days=1)


@pytest.fixture
def billed(settings):
    """Have the provider's report say so many cents for a day."""
    answer = {}

    class Report(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(page({"starting_at": f"{answer['day']}T00:00:00Z", "results": [item(answer["cents"])]}))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Report)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.ANTHROPIC_ADMIN_KEY = "sk-ant-admin-1"
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield lambda day, cents: answer.update(day=day, cents=cents)
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_says_that_the_books_are_in_order(yesterday):
    assert said() == "Calls that are over: 1, $1 together.\nThe books are in order.\n"


def test_it_fails_with_a_sentence_for_each_problem(yesterday):
    UsageRecord.objects.update(cost=Decimal(2), reserved=Decimal(1))
    with pytest.raises(CommandError) as failed:
        said()
    assert failed.value.returncode == 1
    assert [
        "money is still held back" in line or "not tokens times price" in line for line in str(failed.value).split("\n")
    ] == [True, True]


@pytest.mark.parametrize("days", ["0", "-3", "367", "999999999999"])
def test_a_number_of_days_that_makes_no_sense_is_refused(db, days):
    with pytest.raises(CommandError, match="choose 1 to 366"):
        said("--days", days)


def test_a_bill_that_cannot_be_fetched_is_told(db, settings, unused_port):
    settings.ANTHROPIC_ADMIN_KEY = "sk-ant-admin-1"
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(CommandError, match="The cost report could not be fetched"):
        said()


def test_it_compares_the_days_with_the_bill(yesterday, billed):
    billed(yesterday, "100.00")
    lines = said("--days", "2").splitlines()
    assert f"{yesterday}: billed $1.00, recorded $1 (calls: 1), of which $0 is not exact." in lines
    assert lines[-1] == "The books are in order."
    billed(yesterday, "250")
    with pytest.raises(CommandError, match=rf"{yesterday}: \$1\.5 apart\. More was billed"):
        said("--days", "2")
