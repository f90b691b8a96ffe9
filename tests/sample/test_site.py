"""The big site: what it holds is what a real one could hold, and as much of it as was asked for."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat import audit
from chat.models import Budget, BudgetAccount, Conversation, Message, UsageRecord, User
from chat.sample.models import UNPRICED
from tests.spending import conversation_of

pytestmark = pytest.mark.django_db
SIZE = {"conversations": 40, "messages": 240, "records": 400, "verbosity": 0}


@pytest.fixture
def not_added_up(monkeypatch):
    """The past days of a site are not added up, which is most of the work: whoever asks for them does that."""
    monkeypatch.setattr("chat.reports.rollups.build_all", lambda now: None)


@pytest.fixture
def site(db, not_added_up):
    """One that nobody has asked anything yet."""
    call_command("generate_site", **SIZE)


def test_it_is_as_big_as_was_asked_for(site):
    assert (Conversation.objects.count(), Message.objects.count(), UsageRecord.objects.count()) == (40, 240, 400)


def test_its_books_are_in_order_but_for_the_model_without_a_price(db):
    call_command("generate_site", **SIZE)
    unpriced = UsageRecord.objects.filter(cost=None)
    assert set(unpriced.values_list("model_asked", flat=True)) <= {UNPRICED}
    problems = list(audit.problems(audit.settled()))
    assert all("without a price" in problem for problem in problems)
    assert len(problems) == unpriced.exists()


def test_it_holds_what_a_real_site_holds(site):
    ends = set(UsageRecord.objects.order_by().values_list("end", flat=True).distinct())
    assert ends >= {"complete", "stopped", "failed"}
    assert UsageRecord.objects.filter(purpose="title").exists()
    assert UsageRecord.objects.filter(attempt__gt=1).exists()
    assert UsageRecord.objects.filter(cache_read_tokens__gt=0).exists()
    assert UsageRecord.objects.filter(message=None).exists()
    assert UsageRecord.objects.filter(user=None).exists()
    assert UsageRecord.objects.exclude(error_code="").exists()
    assert User.objects.filter(groups__in=Group.objects.all()).exists()
    assert Budget.objects.count() == BudgetAccount.objects.filter(spent__gte=0).count() > 0


def test_it_lasts_for_a_year_and_ends_before_now(site):
    first, last = (UsageRecord.objects.order_by(by).first().started_at for by in ("started_at", "-started_at"))
    assert timedelta(days=300) < last - first < timedelta(days=366)
    assert UsageRecord.objects.filter(ended_at__gt=timezone.now()).count() == 0
    assert not Message.objects.open().exists()


def test_the_end_of_each_answer_is_that_of_its_last_call(site):
    for answer in Message.objects.filter(role="assistant"):
        last = answer.usage_records.filter(purpose="answer").order_by("attempt").last()
        assert (answer.state, answer.error_code) == (last.end, last.error_code if last.end == "failed" else "")


def test_nobody_of_it_can_log_in(site):
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_same_seed_makes_the_same_site(site):
    again = [(chat.title, chat.owner.username) for chat in Conversation.objects.order_by("pk")]
    Conversation.objects.all().delete()
    UsageRecord.objects.all().delete()
    User.objects.all().delete()
    call_command("generate_site", **SIZE)
    assert [(chat.title, chat.owner.username) for chat in Conversation.objects.order_by("pk")] == again


def test_it_refuses_a_site_that_is_in_use_unless_told_to_add_to_it(alice, not_added_up):
    conversation_of(alice)
    with pytest.raises(CommandError, match="or --add to them"):
        call_command("generate_site", **SIZE)
    call_command("generate_site", add=True, **SIZE)
    assert Conversation.objects.count() == 41


@pytest.mark.parametrize(
    "wrong", [{"conversations": 0}, {"conversations": -4}, {"messages": 79}, {"records": -1}, {"messages": 10**12}]
)
def test_a_size_that_makes_no_sense_is_refused(db, wrong):
    with pytest.raises(CommandError, match=r"Choose 1 to|at least twice as many"):
        call_command("generate_site", **(SIZE | wrong))
    assert not Conversation.objects.exists()
