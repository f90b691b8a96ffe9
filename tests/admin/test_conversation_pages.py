"""Reading others' conversations in the administration: why, what is shown to whom, and reviewers' notes."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import reviews
from chat.models import ReviewNote, ReviewRecord, User
from tests.admin.conftest import column, titles
from tests.spending import conversation_of, message_in, record_of, turn_in

LIST, RECORDS = "/admin/chat/conversation/", "/admin/chat/reviewrecord/"
WHY = "Ticket 4711: a complaint"
pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(alice):
    """A conversation of Alice with a word in every place that text can stand."""
    conversation = conversation_of(alice, turns=0, title="SECRET title", system_prompt="SECRET prompt")
    asked, _ = turn_in(conversation, None, "SECRET question", "SECRET old answer")
    fields = {"state": "failed", "error_code": "bad_request", "error_detail": "messages: SECRET detail"}
    answer = message_in(conversation, asked, "assistant", "SECRET answer", model=conversation.model, **fields)
    record_of(alice, message=answer, cost="0.0421", error_code="bad_request", end="failed")
    return conversation


def page(conversation, name="change"):
    return f"{LIST}{conversation.pk}/{name}/"


def opened(browser, conversation, **query):
    browser.post(page(conversation, "reason"), {"reason": WHY})
    return browser.get(page(conversation), query).content.decode()


class TestReason:
    def test_one_s_own_conversation_opens_at_once(self, office, admin):
        assert "Question 0" in office.get(page(conversation_of(admin))).content.decode()
        assert not ReviewRecord.objects.exists()

    def test_another_s_asks_for_a_reason_and_shows_figures_but_no_text(self, office, secret):
        html = office.get(page(secret)).content.decode()
        assert "Why do you read it?" in html
        for figure in ("alice", "claude-sonnet-5-5", "$0.052", "<dd>3</dd>"):
            assert figure in html
        assert "SECRET" not in html
        assert not ReviewRecord.objects.exists()

    def test_with_a_reason_it_opens_where_the_link_led_and_is_recorded(self, office, secret):
        old = secret.messages.get(text="SECRET old answer")
        asked = office.get(page(secret), {"message": str(old.pk), "p": "1"}).content.decode()
        assert f'<input type="hidden" name="message" value="{old.pk}">' in asked
        given = {"reason": WHY, "message": str(old.pk), "p": "1"}
        answer = office.post(page(secret, "reason"), given)
        assert answer.url == f"{page(secret)}?message={old.pk}&p=1#m-{old.pk}"
        html = office.get(answer.url).content.decode()
        for part in ("title", "prompt", "question", "old answer"):
            assert f"SECRET {part}" in html
        record = ReviewRecord.objects.get()
        assert (record.reader_name, record.owner_name, record.reason, record.how) == ("admin", "alice", WHY, "page")

    def test_it_is_asked_once_a_day_for_each_conversation(self, office, secret, alice):
        assert "SECRET title" in opened(office, secret)
        assert "SECRET title" in office.get(page(secret)).content.decode()
        assert ReviewRecord.objects.count() == 1
        assert "Why do you read it?" in office.get(page(conversation_of(alice))).content.decode()
        ReviewRecord.objects.update(at=timezone.now() - timedelta(days=1))
        assert "SECRET" not in office.get(page(secret)).content.decode()

    @pytest.mark.parametrize("reason", ["", "   ", "no", "x" * 501, "\0" * 20])
    def test_one_that_says_nothing_comes_back_with_a_sentence(self, office, secret, reason):
        answer = office.post(page(secret, "reason"), {"reason": reason, "message": "x", "p": "y"})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
        assert "SECRET" not in answer.content.decode()
        assert not ReviewRecord.objects.exists()

    @pytest.mark.parametrize("query", [{"message": "x", "p": "x"}, {"message": str(uuid4()), "p": "9" * 5000}])
    def test_it_leads_on_calmly_from_a_link_that_makes_no_sense(self, office, secret, query):
        answer = office.post(page(secret, "reason"), {"reason": WHY, **query}, follow=True)
        assert "SECRET title" in answer.content.decode()

    def test_it_is_sent_by_post_alone(self, office, secret):
        assert office.get(page(secret, "reason")).status_code == 405

    def test_the_owner_is_said_to_be_told_where_that_is_so(self, office, secret, settings):
        assert "and so does" not in office.get(page(secret)).content.decode()
        settings.CHAT_REVIEW_VISIBLE_TO_OWNER = True
        assert "and so does <bdi>alice</bdi>" in office.get(page(secret)).content.decode()


class TestFiguresOnly:
    def test_who_may_not_read_sees_the_calls_of_each_message(self, staff, secret):
        html = staff("view_conversation").get(page(secret)).content.decode()
        for figure in ("alice", "$0.042", "bad_request", "req_011", "Version 2 of 2", "1 message<", "Failed"):
            assert figure in html

    @pytest.mark.parametrize("permissions", [("view_conversation",), ("view_conversation", "delete_conversation")])
    def test_but_no_text_anywhere(self, staff, office, secret, permissions):
        office.post(page(secret, "note"), {"text": "SECRET note", "flag": "1"})
        browser = staff(*permissions, "view_usagerecord", "view_user", "view_reviewrecord")
        record = record_key_of(secret)
        urls = [LIST, f"{LIST}?q=alice", page(secret), f"{page(secret)}?message={secret.messages.first().pk}"]
        urls += [page(secret, "history"), page(secret, "delete"), "/admin/", "/admin/chat/usagerecord/"]
        urls += [f"/admin/chat/usagerecord/{record}/change/", f"/admin/chat/user/{secret.owner_id}/change/", RECORDS]
        for url in urls:
            assert "SECRET" not in browser.get(url).content.decode(), url

    @pytest.mark.parametrize("permissions", [("view_conversation",), ()])
    def test_no_reason_opens_it(self, staff, secret, permissions):
        browser = staff(*permissions)
        assert browser.post(page(secret, "reason"), {"reason": WHY}).status_code == 403
        assert not ReviewRecord.objects.exists()

    def test_a_search_finds_people_and_ids_but_no_words(self, staff, secret):
        browser = staff("view_conversation")
        for term, found in (("SECRET", 0), ("title", 0), ("alice", 1), (str(secret.messages.first().pk), 1)):
            assert len(titles(browser.get(LIST, {"q": term}))) == found, term
        assert "Words of titles" not in browser.get(LIST).content.decode()

    def test_staff_reads_its_own_without_the_permission_but_not_what_reviewers_wrote(self, staff, office):
        browser = staff("view_conversation")
        own = conversation_of(User.objects.get(username="rita"), title="Mine")
        office.post(page(own, "note"), {"text": "Something odd"})
        html = browser.get(page(own)).content.decode()
        assert "Question 0" in html
        assert "Something odd" not in html


def record_key_of(conversation):
    return conversation.messages.exclude(usage_records=None).values_list("usage_records", flat=True)[0]


class TestList:
    def test_a_reviewer_reads_the_titles_of_what_is_theirs_or_open_today(self, staff, alice, bob):
        browser = staff("review_conversations")
        rita = User.objects.get(username="rita")
        conversation_of(rita, title="Own")
        hers, other = conversation_of(alice, title="Hers"), conversation_of(bob, title="Other")
        opened(browser, hers)
        shown = dict(zip(titles(browser.get(LIST)), column(browser.get(LIST), "heading"), strict=True))
        assert shown == {"Hers": "Hers", "Own": "Own", "Other": f"Conversation {str(other.pk)[:8]}"}

    def test_a_reviewer_searches_words(self, staff, secret):
        assert len(titles(staff("review_conversations").get(LIST, {"q": "SECRET"}))) == 1

    def test_it_shows_flags_and_notes(self, office, alice):
        conversation = conversation_of(alice)
        office.post(page(conversation, "note"), {"text": "Just a note"})
        office.post(page(conversation, "note"), {"text": "Look at this", "flag": "1"})
        assert "flagged 2 notes" in column(office.get(LIST), "heading")[0]
        flag = ReviewNote.objects.open_flags().get()
        office.post(page(conversation, "settle"), {"note": flag.pk})
        assert "flagged" not in column(office.get(LIST), "heading")[0]

    def test_the_number_of_queries_does_not_grow_with_notes_and_readings(self, office, queries_of, alice):
        for _ in range(2):
            opened(office, conversation_of(alice))
        few = queries_of(LIST)
        for _ in range(10):
            conversation = conversation_of(alice)
            opened(office, conversation)
            for _ in range(3):
                office.post(page(conversation, "note"), {"text": "Look at this", "flag": "1"})
        assert queries_of(LIST) == few


class TestNotes:
    def test_one_is_kept_with_author_and_time_and_shown_where_it_was_written(self, office, secret):
        opened(office, secret)
        message = secret.messages.get(text="SECRET question")
        given = {"text": "Odd, isn't it?", "at": str(message.pk), "message": str(message.pk), "p": "1"}
        answer = office.post(page(secret, "note"), given, follow=True)
        note = ReviewNote.objects.get()
        assert answer.redirect_chain[0][0] == f"{page(secret)}?message={message.pk}&p=1#note-{note.pk}"
        html = answer.content.decode()
        assert "The note is kept." in html
        at = html.index(f'id="m-{message.pk}"')
        assert at < html.index(f'id="note-{note.pk}"') < html.index('class="message assistant"')
        assert re.search(r"<bdi>admin</bdi> <time[^>]*>\d{4}-\d\d-\d\d \d\d:\d\d</time>", html)
        assert "Odd, isn&#x27;t it?" in html
        assert f"?message={message.pk}#note-{note.pk}" in html

    def test_a_flag_is_settled_by_another_and_says_by_whom(self, office, staff, secret):
        office.post(page(secret, "note"), {"text": "Look at this", "flag": "1"})
        browser = staff("review_conversations")
        assert 'class="badge alarm">flag</span>' in opened(browser, secret)
        flag = ReviewNote.objects.get()
        html = browser.post(page(secret, "settle"), {"note": flag.pk}, follow=True).content.decode()
        assert "The flag is settled." in html
        assert "Settled by <bdi>rita</bdi>" in html
        again = office.post(page(secret, "settle"), {"note": flag.pk}, follow=True).content.decode()
        assert "somebody was quicker" in again

    @pytest.mark.parametrize(("text", "sentence"), [(" ", "Write something first."), ("x" * 2001, "2,001 characters")])
    def test_one_that_is_refused_comes_back_in_its_form(self, office, secret, text, sentence):
        opened(office, secret)
        message = secret.messages.get(text="SECRET question")
        answer = office.post(page(secret, "note"), {"text": text, "flag": "1", "at": str(message.pk)})
        html = answer.content.decode()
        assert answer.status_code == 400
        assert html.count('<details class="note-form" open>') == 1
        assert sentence in html[html.index(f'id="m-{message.pk}"') :]
        assert f">{text}</textarea>" in html
        assert not ReviewNote.objects.exists()

    def test_one_is_kept_even_if_the_day_is_over_meanwhile(self, office, secret):
        answer = office.post(page(secret, "note"), {"text": "Written in time"}, follow=True)
        assert "Why do you read it?" in answer.content.decode()
        assert ReviewNote.objects.get().text == "Written in time"

    @pytest.mark.parametrize("permissions", [("view_conversation",), ()])
    def test_who_may_not_review_writes_and_settles_nothing(self, staff, office, secret, permissions):
        office.post(page(secret, "note"), {"text": "Look at this", "flag": "1"})
        flag = ReviewNote.objects.get()
        browser = staff(*permissions)
        assert browser.post(page(secret, "note"), {"text": "Me, too"}).status_code == 403
        assert browser.post(page(secret, "settle"), {"note": flag.pk}).status_code == 403
        assert ReviewNote.objects.open_flags().get() == flag

    @pytest.mark.django_db(transaction=True)
    def test_one_about_what_is_deleted_meanwhile_leads_to_the_list_which_says_so(self, office, secret, monkeypatch):
        checked = reviews._checked_note
        monkeypatch.setattr(reviews, "_checked_note", lambda text: secret.delete() and checked(text))
        response = office.post(page(secret, "note"), {"text": "Odd"}, follow=True)
        assert response.redirect_chain == [(LIST, 302)]
        assert "was deleted meanwhile" in response.content.decode()

    def test_what_is_not_of_this_conversation_is_not_found(self, office, secret, alice):
        other = conversation_of(alice)
        office.post(page(other, "note"), {"text": "Look at this", "flag": "1"})
        flag = ReviewNote.objects.get()
        for number in (str(flag.pk), "0", "x", "", "9" * 30):
            assert office.post(page(secret, "settle"), {"note": number}).status_code == 404
        elsewhere = {"text": "Note", "at": str(other.messages.first().pk)}
        assert office.post(page(secret, "note"), elsewhere).status_code == 404
        assert ReviewNote.objects.open_flags().get() == flag

    def test_they_go_with_the_conversation(self, office, secret):
        office.post(page(secret, "note"), {"text": "Look at this", "flag": "1"})
        office.post(page(secret, "delete"), {"post": "yes"})
        assert not ReviewNote.objects.exists()
