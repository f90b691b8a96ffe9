"""Who read whose conversation: the list in the administration."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from chat.models import ReviewRecord, User
from tests.admin.conftest import column
from tests.spending import conversation_of

RECORDS = "/admin/chat/reviewrecord/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def records(alice, bob, admin):
    rita = User.objects.create_user("rita")
    readings = ((rita, alice, 0, "page"), (rita, bob, 3, "export"), (admin, alice, 50, "page"))
    for reader, owner, days, how in readings:
        ReviewRecord.objects.create(
            reader=reader,
            reader_name=reader.username,
            owner=owner,
            owner_name=owner.username,
            conversation=conversation_of(owner),
            reason=f"Ticket {days}",
            how=how,
            at=timezone.now() - timedelta(days=days),
        )
    return {"rita": rita, "alice": alice}


def test_it_lists_who_whose_when_why_and_how(office, records):
    found = office.get(RECORDS)
    assert column(found, "reader_name") == ["rita", "rita", "admin"]
    assert column(found, "owner_name") == ["alice", "bob", "alice"]
    assert column(found, "reason") == ["Ticket 0", "Ticket 3", "Ticket 50"]
    assert column(found, "how") == ["Page", "Export", "Page"]


def test_it_filters_by_reader_owner_period_and_way_and_searches_names_and_ids(office, records):
    since = (timezone.localdate() - timedelta(days=6)).isoformat()
    key = ReviewRecord.objects.get(reason="Ticket 3").conversation_id
    for query, found in (
        ({"reader": records["rita"].pk}, ["0", "3"]),
        ({"owner": records["alice"].pk}, ["0", "50"]),
        ({"at_since": since}, ["0", "3"]),
        ({"how__exact": "export"}, ["3"]),
        ({"q": "ADMIN"}, ["50"]),
        ({"q": "bob"}, ["3"]),
        ({"q": str(key)}, ["3"]),
        ({"q": "Sky"}, []),
    ):
        assert column(office.get(RECORDS, query), "reason") == [f"Ticket {each}" for each in found], query


@pytest.mark.parametrize("query", [{"reader": "x"}, {"at_since": "y"}, {"q": "\0'\"%" * 3000}, {"p": "x"}])
def test_it_answers_nonsense_calmly(office, records, query):
    assert office.get(RECORDS, query, follow=True).status_code == 200


def test_it_leads_to_a_conversation_that_is_still_there(office, records):
    record = ReviewRecord.objects.first()
    page = f"/admin/chat/conversation/{record.conversation_id}/change/"
    assert page in office.get(RECORDS).content.decode()
    record.conversation.delete()
    html = office.get(RECORDS).content.decode()
    assert page not in html
    assert f"{str(record.conversation_id)[:8]} deleted" in column(office.get(RECORDS), "which")


def test_nobody_adds_changes_or_deletes_one(office, records):
    record = ReviewRecord.objects.first()
    assert office.get(f"{RECORDS}{record.pk}/change/").status_code == 200
    for url in (f"{RECORDS}add/", f"{RECORDS}{record.pk}/change/", f"{RECORDS}{record.pk}/delete/"):
        assert office.post(url, {"post": "yes", "reason": "Another"}).status_code == 403
    office.post(RECORDS, {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"})
    record.refresh_from_db()
    assert record.reason == "Ticket 0"
    assert not Permission.objects.filter(codename__endswith="reviewrecord").exclude(codename__startswith="view")


def test_it_has_a_permission_of_its_own(staff, records):
    assert staff("view_reviewrecord", name="auditor").get(RECORDS).status_code == 200
    assert staff("review_conversations", "view_conversation", name="reviewer").get(RECORDS).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_rows(queries_of, records):
    few = queries_of(RECORDS)
    for record in ReviewRecord.objects.all():
        for _ in range(5):
            record.pk = None
            record.save()
    assert queries_of(RECORDS) == few
