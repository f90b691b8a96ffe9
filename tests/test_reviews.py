"""Who may read others' conversations, what is recorded of it, and what reviewers write beside them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import reviews
from chat.engine.errors import Refused
from chat.models import Conversation, ReviewNote, ReviewRecord, User
from tests.spending import conversation_of

pytestmark = pytest.mark.django_db
WHY = "Ticket 4711: she says that an answer is wrong"


@pytest.fixture
def reviewer(db):
    """Staff who may read what others wrote."""
    user = User.objects.create_user("rita", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="review_conversations"))
    return user


@pytest.fixture
def clock(monkeypatch):
    """Says what time it is: ``clock(datetime)``."""

    def at(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return at


def refused(act, *args, **fields):
    with pytest.raises(Refused) as caught:
        act(*args, **fields)
    return caught.value.message


class TestReading:
    def test_the_owner_reads_without_a_reason_and_without_a_record(self, alice):
        conversation = conversation_of(alice)
        assert reviews.may_read(alice, conversation)
        assert not reviews.needs_reason(alice, conversation)
        reviews.record_reading(alice, conversation, "")
        assert not ReviewRecord.objects.exists()

    def test_others_may_not(self, alice, bob):
        conversation = conversation_of(alice)
        assert not reviews.may_read(bob, conversation)
        assert reviews.needs_reason(bob, conversation)
        with pytest.raises(PermissionDenied):
            reviews.record_reading(bob, conversation, WHY)
        assert not ReviewRecord.objects.exists()

    @pytest.mark.parametrize("who", ["reviewer", "admin"])
    def test_reviewers_and_superusers_say_why_first(self, alice, who, request):
        reader, conversation = request.getfixturevalue(who), conversation_of(alice)
        assert reviews.may_read(reader, conversation)
        assert reviews.needs_reason(reader, conversation)
        reviews.record_reading(reader, conversation, f"  {WHY}\n")
        assert not reviews.needs_reason(reader, conversation)
        record = ReviewRecord.objects.get()
        assert (record.reader, record.owner, record.conversation) == (reader, alice, conversation)
        assert (record.reader_name, record.owner_name, record.how) == (reader.username, "alice", "page")
        assert record.reason == WHY
        assert "Sky" not in f"{record}{vars(record)}"

    def test_a_reason_counts_for_one_conversation_and_one_reader(self, alice, reviewer, admin):
        conversation, other = conversation_of(alice), conversation_of(alice)
        reviews.record_reading(reviewer, conversation, WHY)
        assert reviews.needs_reason(reviewer, other)
        assert reviews.needs_reason(admin, conversation)

    def test_a_second_one_on_the_same_day_is_not_written(self, alice, reviewer):
        conversation = conversation_of(alice)
        reviews.record_reading(reviewer, conversation, WHY)
        reviews.record_reading(reviewer, conversation, "")
        assert ReviewRecord.objects.count() == 1

    @pytest.mark.parametrize(
        ("zone", "end"),
        [
            ("", datetime(2026, 3, 29, 0, tzinfo=UTC)),
            ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
            ("America/Los_Angeles", datetime(2026, 3, 29, 7, tzinfo=UTC)),
            ("Pacific/Kiritimati", datetime(2026, 3, 29, 10, tzinfo=UTC)),
        ],
    )
    def test_it_holds_until_midnight_of_the_reader(self, alice, reviewer, clock, zone, end):
        reviewer.timezone = zone
        conversation = conversation_of(alice)
        clock(datetime(2026, 3, 28, 22, 30, tzinfo=UTC))
        reviews.record_reading(reviewer, conversation, WHY)
        clock(end - timedelta(seconds=1))
        assert not reviews.needs_reason(reviewer, conversation)
        clock(end)
        assert reviews.needs_reason(reviewer, conversation)

    def test_who_moves_to_another_time_zone_gets_no_longer_day(self, alice, reviewer, clock):
        reviewer.timezone, conversation = "Pacific/Kiritimati", conversation_of(alice)
        clock(datetime(2026, 3, 28, 11, tzinfo=UTC))
        reviews.record_reading(reviewer, conversation, WHY)
        reviewer.timezone = "Pacific/Pago_Pago"
        clock(datetime(2026, 3, 29, 11, 30, tzinfo=UTC))
        assert reviews.needs_reason(reviewer, conversation)

    def test_a_reviewer_who_is_one_no_more_reads_nothing(self, alice, reviewer):
        conversation = conversation_of(alice)
        reviews.record_reading(reviewer, conversation, WHY)
        reviewer.user_permissions.clear()
        reviewer = User.objects.get(pk=reviewer.pk)
        assert reviews.readable(reviewer, [conversation]) == set()

    def test_what_is_readable_takes_one_query_for_any_number(self, alice, reviewer):
        own, *others = [conversation_of(owner) for owner in (reviewer, *[alice] * 5)]
        for each in others[:2]:
            reviews.record_reading(reviewer, each, WHY)
        reviewer = User.objects.get(pk=reviewer.pk)
        reviewer.has_perm("any")  # Django reads permissions once for each request
        with CaptureQueriesContext(connection) as captured:
            found = reviews.readable(reviewer, [own, *others])
        assert found == {own.pk, *(each.pk for each in others[:2])}
        assert len(captured) == 1


class TestReasons:
    @pytest.mark.parametrize(
        ("reason", "sentence"),
        [
            ("", "Say why"),
            (" \n\t ", "Say why"),
            ("\0\x07", "Say why"),
            ("why not", "a little more"),
            ("....................", "a little more"),
            ("aaaaaaaaaaaaaaaa", "a little more"),
            ("1 1 1 1 1 1 1 1 1", "a little more"),
            ("x" * 501, "This reason has 501 characters; at most 500"),
        ],
    )
    def test_one_that_says_nothing_is_refused_with_a_sentence(self, alice, reviewer, reason, sentence):
        conversation = conversation_of(alice)
        assert sentence in refused(reviews.record_reading, reviewer, conversation, reason)
        assert not ReviewRecord.objects.exists()

    @pytest.mark.parametrize("reason", ["#4711 abuse", "用户投诉退款问题", "Жалоба клиента", "ticket " * 60])
    def test_others_are_taken_in_any_language(self, reason):
        assert reviews.checked_reason(reason) == reason.strip()

    def test_it_is_kept_in_one_line_without_control_characters(self):
        assert reviews.checked_reason("A customer\r\n complains\0 about \x1b[31mit") == (
            "A customer complains about [31mit"
        )


class TestOutliving:
    def test_a_record_outlives_conversation_owner_and_reader(self, alice, reviewer):
        conversation = conversation_of(alice)
        key = conversation.pk
        reviews.record_reading(reviewer, conversation, WHY)
        conversation.delete()
        alice.delete()
        reviewer.delete()
        record = ReviewRecord.objects.select_related("conversation").get()
        assert (record.conversation_id, record.reader_name, record.owner_name) == (key, "rita", "alice")
        assert (record.conversation, record.reader, record.owner) == (None, None, None)

    def test_one_that_is_deleted_meanwhile_is_recorded_all_the_same(self, alice, reviewer):
        conversation = Conversation.objects.select_related("owner").get(pk=conversation_of(alice).pk)
        key = conversation.pk
        User.objects.get(pk=alice.pk).delete()
        reviews.record_reading(reviewer, conversation, WHY)
        assert ReviewRecord.objects.get().conversation_id == key


class TestExport:
    def test_each_conversation_of_another_is_recorded(self, alice, bob, reviewer):
        hers, his, own = conversation_of(alice), conversation_of(bob), conversation_of(reviewer)
        assert reviews.record_export(reviewer, Conversation.objects.all(), WHY) == 2
        found = ReviewRecord.objects.values_list("reader", "owner", "owner_name", "conversation", "how", "reason")
        assert set(found) == {
            (reviewer.pk, alice.pk, "alice", hers.pk, "export", WHY),
            (reviewer.pk, bob.pk, "bob", his.pk, "export", WHY),
        }
        assert own.pk not in ReviewRecord.objects.values_list("conversation", flat=True)

    def test_an_export_is_no_reason_for_the_page(self, alice, reviewer):
        conversation = conversation_of(alice)
        reviews.record_export(reviewer, Conversation.objects.all(), WHY)
        assert reviews.needs_reason(reviewer, conversation)

    def test_it_is_refused_without_a_reason_or_the_permission(self, alice, reviewer):
        conversation_of(alice)
        assert "Say why" in refused(reviews.record_export, reviewer, Conversation.objects.all(), " ")
        with pytest.raises(PermissionDenied):
            reviews.record_export(alice, Conversation.objects.all(), WHY)
        assert not ReviewRecord.objects.exists()

    def test_many_are_recorded_in_batches(self, alice, reviewer, monkeypatch):
        monkeypatch.setattr(reviews, "BATCH", 10)
        Conversation.objects.bulk_create(Conversation(owner=alice) for _ in range(25))
        with CaptureQueriesContext(connection) as captured:
            assert reviews.record_export(reviewer, Conversation.objects.all(), WHY) == 25
        assert len([each for each in captured if each["sql"].startswith("INSERT")]) == 3
        assert ReviewRecord.objects.count() == 25


class TestNotes:
    def test_a_reviewer_writes_at_a_conversation_or_at_a_message(self, alice, reviewer):
        conversation = conversation_of(alice)
        message = conversation.messages.first()
        reviews.write_note(reviewer, conversation, " Looks\r\nfine. \0")
        reviews.write_note(reviewer, conversation, "This one, too.", message=message)
        reviewer.delete()
        found = ReviewNote.objects.values_list("text", "message", "author", "author_name", "flag")
        assert list(found) == [
            ("Looks\nfine.", None, None, "rita", False),
            ("This one, too.", message.pk, None, "rita", False),
        ]

    @pytest.mark.parametrize(("text", "sentence"), [("  \n", "Write something"), ("x" * 2001, "has 2,001 characters")])
    def test_one_without_or_with_too_much_text_is_refused(self, alice, reviewer, text, sentence):
        assert sentence in refused(reviews.write_note, reviewer, conversation_of(alice), text)
        assert not ReviewNote.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_one_about_what_is_deleted_meanwhile_is_refused(self, alice, reviewer):
        conversation = conversation_of(alice)
        Conversation.objects.all().delete()
        assert "was deleted meanwhile" in refused(reviews.write_note, reviewer, conversation, "Fine.")

    def test_a_flag_is_open_until_somebody_settles_it(self, alice, reviewer, admin):
        flag = reviews.write_note(reviewer, conversation_of(alice), "Look at this", flag=True)
        assert ReviewNote.objects.open_flags().get() == flag
        assert reviews.settle(admin, flag)
        assert not reviews.settle(reviewer, flag)
        flag.refresh_from_db()
        assert (flag.settled_by, flag.settled_by_name) == (admin, "admin")
        assert flag.settled_at is not None
        assert not ReviewNote.objects.open_flags().exists()

    def test_a_note_that_is_no_flag_cannot_be_settled(self, alice, reviewer):
        assert not reviews.settle(reviewer, reviews.write_note(reviewer, conversation_of(alice), "Fine."))

    def test_others_neither_write_nor_settle(self, alice, bob, reviewer):
        conversation = conversation_of(alice)
        flag = reviews.write_note(reviewer, conversation, "Look at this", flag=True)
        for person in (alice, bob):
            with pytest.raises(PermissionDenied):
                reviews.write_note(person, conversation, "Me, too")
            with pytest.raises(PermissionDenied):
                reviews.settle(person, flag)
        assert ReviewNote.objects.open_flags().get() == flag
