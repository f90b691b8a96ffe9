"""The chat page and its fragments."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from chat.models import LanguageModel, Message
from tests.views.chats import answer, conversation_of, question, talk

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """Every tag and attribute of a page, and the text outside of tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def hers(alice):
    """A short conversation of Alice."""
    return talk(alice, "Bees", turns=1)


def html(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_it_sends_strangers_to_the_login(client, hers):
    for url in ("/", f"/c/{hers.pk}/", f"/c/{hers.pk}/transcript/", "/conversations/"):
        response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/")


def test_it_opens_an_empty_chat(client_of, alice):
    page = html(client_of(alice).get("/"))
    assert 'data-conversation=""' in page
    assert "What is on your mind, alice?" in page
    assert page.count('data-action="start"') == 3
    assert not re.search(r"<ol id=\"transcript\">\s*<li", page)


def test_it_shows_a_conversation_to_its_owner(client_of, alice, hers):
    page = html(client_of(alice).get(f"/c/{hers.pk}/"))
    assert f'data-conversation="{hers.pk}" data-leaf=' in page
    assert "<title>Bees · Chat</title>" in page
    assert "Question 1" in page
    assert "Answer 1" in page


@pytest.mark.parametrize("url", ["/c/{}/", "/c/{}/transcript/", "/conversations/?before={}"])
def test_it_hides_what_is_somebody_elses(client_of, bob, hers, url):
    assert client_of(bob).get(url.format(hers.pk)).status_code == 404


def test_it_lists_and_finds_only_ones_own(client_of, bob, hers):
    for url in ("/", "/conversations/", "/conversations/?q=bees", "/conversations/?q=answer"):
        assert str(hers.pk) not in html(client_of(bob).get(url))


@pytest.mark.parametrize("parameter", ["leaf", "before", "turn"])
def test_it_takes_a_message_of_another_conversation_for_missing(client_of, alice, bob, hers, parameter):
    other = talk(bob, "Secret").messages.first()
    assert client_of(alice).get(f"/c/{hers.pk}/?{parameter}={other.pk}").status_code == 404
    assert client_of(alice).get(f"/c/{hers.pk}/transcript/?{parameter}=nonsense").status_code == 404


def test_it_refuses_other_methods(client_of, alice, hers):
    assert client_of(alice).post(f"/c/{hers.pk}/").status_code == 405


def test_it_sends_a_strict_content_security_policy(client_of, alice, hers):
    for url in ("/", f"/c/{hers.pk}/", f"/c/{hers.pk}/transcript/"):
        policy = client_of(alice).get(url).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy


def test_it_has_nothing_inline_that_the_policy_would_refuse(client_of, alice, hers):
    tags = Tags(html(client_of(alice).get(f"/c/{hers.pk}/")))
    assert "style" not in tags.tags
    assert tags.tags.count("script") == 1
    names = {name for name, _ in tags.attributes}
    assert "style" not in names
    assert not any(name.startswith("on") for name in names)


def test_it_escapes_titles_names_questions_and_answers(client_of, alice):
    alice.first_name = HOSTILE
    alice.save()
    chat = conversation_of(alice, HOSTILE)
    last = answer(question(chat, HOSTILE), HOSTILE, state="failed", error_code="<b>", error_detail=HOSTILE)
    last.content += [
        {"type": "thinking", "thinking": HOSTILE},
        {"type": "server_tool_use", "name": HOSTILE, "input": {"query": HOSTILE}},
        {"type": "web_search_tool_result", "content": [{"url": "https://x.example/", "title": HOSTILE}]},
        {"type": HOSTILE, "data": HOSTILE},
    ]
    last.save()
    for url in ("/", f"/c/{chat.pk}/", f"/conversations/?q={HOSTILE[:20]}"):
        tags = Tags(html(client_of(alice).get(url)))
        assert tags.tags.count("script") <= 1
        assert "img" not in tags.tags
        assert "b" not in tags.tags or url != f"/c/{chat.pk}/" or tags.tags.count("b") == 1
        assert HOSTILE in tags.text or "conversations" in url


def test_it_links_only_to_the_web(client_of, alice):
    chat = conversation_of(alice, "Links")
    last = answer(question(chat, "Search"), "Found")
    results = [{"url": "javascript:alert(1)", "title": "Bad"}, {"url": "https://bees.example/", "title": "Bees"}]
    last.content += [{"type": "web_search_tool_result", "content": results}]
    last.save()
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert "javascript:" not in page
    assert '<a href="https://bees.example/" target="_blank" rel="noopener noreferrer nofollow"' in page


def test_it_pages_through_a_long_branch(client_of, alice):
    chat = talk(alice, "Long", turns=70)
    client = client_of(alice)
    newest = html(client.get(f"/c/{chat.pk}/"))
    assert newest.count('<li class="question" id=') == newest.count('<li class="answer" id=') == 30
    assert "Answer 70" in newest
    assert "Question 40" not in newest
    link = re.search(r'data-action="earlier" href="([^"]+)"', newest)[1].replace("&amp;", "&")
    earlier = html(client.get(link))
    assert "Question 40" in earlier
    assert "Question 41" not in earlier
    assert 'data-action="later"' in earlier
    first = html(client.get(re.search(r'data-action="earlier" href="([^"]+)"', earlier)[1].replace("&amp;", "&")))
    assert "Question 1<" in first
    assert 'data-action="earlier"' not in first


def test_it_gives_one_turn_alone(client_of, alice):
    chat = talk(alice, "Three", turns=3)
    second = chat.messages.get(text="Answer 2")
    page = html(client_of(alice).get(f"/c/{chat.pk}/transcript/?turn={second.pk}"))
    assert re.findall(r"(?:Question|Answer) \d", page) == ["Question 2", "Answer 2"]


def test_it_opens_the_branch_written_last_and_others_by_leaf(client_of, alice):
    chat = conversation_of(alice, "Branches")
    asked = question(chat, "How?")
    first = answer(asked, "The first way")
    follow = answer(question(chat, "And then?", parent=first), "Then that")
    second = answer(asked, "The second way")
    client = client_of(alice)

    newest = html(client.get(f"/c/{chat.pk}/"))
    assert "The second way" in newest
    assert "The first way" not in newest
    assert '<span data-part="counter">2 / 2</span>' in newest
    assert f'data-action="previous" href="/c/{chat.pk}/?leaf={first.pk}"' in newest

    response = client.get(f"/c/{chat.pk}/transcript/?leaf={first.pk}")
    assert response.headers["X-Leaf"] == str(follow.pk)
    assert "Then that" in html(response)
    assert f'data-action="next" href="/c/{chat.pk}/?leaf={second.pk}"' in html(response)


def test_it_says_what_an_answer_took(client_of, alice):
    chat = conversation_of(alice, "Costs")
    answer(question(chat, "How much?"), "That much", tokens=(1000, 234), cost="0.00420", seconds=3.21)
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert '<span data-meta="model">Claude Sonnet 5.5</span>' in page
    assert 'title="1,000 in, 234 out">1,234 tokens<' in page
    assert ">$0.0042<" in page
    assert ">3.2 s<" in page


def test_it_marks_estimates_and_never_calls_unknown_prices_free(client_of, alice):
    chat = conversation_of(alice, "Costs")
    stopped = answer(question(chat, "One"), "1", state="stopped", tokens=(9, 9), cost="0.1", exactness="estimated")
    answer(question(chat, "Two", parent=stopped), "2", model="claude-next", tokens=(9, 9), cost=None)
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert ">~$0.10<" in page
    assert ">unpriced<" in page
    assert "The catalogue has no price for this model" in page
    assert ">Stopped<" in page


def test_it_says_in_words_why_an_answer_failed(client_of, alice):
    chat = conversation_of(alice, "Faults")
    answer(question(chat, "Hello?"), "So f", state="failed", error_code="overloaded", error_detail="529", tokens=(5, 0))
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert "Claude is busy right now (overloaded). Your question is kept." in page
    assert '<dd data-part="code">overloaded</dd>' in page
    assert '<dd data-part="request">req_5</dd>' in page


def test_it_offers_enabled_models_and_marks_the_chosen_one(client_of, alice, hers):
    LanguageModel.objects.filter(id="claude-opus-5-5").update(enabled=False)
    page = html(client_of(alice).get(f"/c/{hers.pk}/"))
    assert '<option value="claude-sonnet-5-5" selected>Claude Sonnet 5.5</option>' in page
    assert "claude-haiku-5-5" in page
    assert "claude-opus-5-5" not in page


def test_it_falls_back_to_the_default_where_the_model_is_gone(client_of, alice):
    chat = conversation_of(alice, "Old", model="claude-gone")
    assert '<option value="claude-sonnet-5-5" selected>' in html(client_of(alice).get(f"/c/{chat.pk}/"))


def test_it_says_plainly_when_answers_are_simulated(client_of, alice):
    with override_settings(ANTHROPIC_API_KEY="", ANTHROPIC_BASE_URL=""):
        page = html(client_of(alice).get("/"))
    assert "Answers are simulated." in page
    assert "ANTHROPIC_API_KEY" in page
    with override_settings(ANTHROPIC_API_KEY="a key"):
        assert "Answers are simulated." not in html(client_of(alice).get("/"))


def test_it_keeps_the_sidebar_folded_by_cookie(client_of, alice):
    client = client_of(alice)
    assert 'data-sidebar="open"' in html(client.get("/"))
    client.cookies["sidebar"] = "folded"
    assert 'data-sidebar="folded"' in html(client.get("/"))


def test_it_opens_without_more_queries_for_more_messages(
    client_of, alice, hers, django_assert_num_queries: DjangoAssertNumQueries
):
    long = talk(alice, "Long", turns=200)
    talk(alice, "Another", turns=2)
    client = client_of(alice)
    client.get("/")
    for chat in (hers, long):
        with django_assert_num_queries(10):
            client.get(f"/c/{chat.pk}/")


def test_it_shows_a_running_answer(client_of, alice):
    chat = conversation_of(alice, "Busy")
    answer(question(chat, "Go"), "Going", state="streaming")
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert f'<li class="conversation" data-conversation="{chat.pk}" data-running="true" data-current>' in page
    assert 'data-role="assistant" data-state="streaming"' in page
    assert '<p class="status" data-part="status">Writing</p>' in page


def test_it_renders_what_scripts_clone_from_the_same_pieces(client_of, alice):
    page = html(client_of(alice).get("/"))
    for template in ("question", "answer", "block-text", "block-thinking", "block-tool", "conversation-item"):
        assert re.search(rf'<template id="{template}">\s*<(li|div|details)', page)
    assert Message.objects.count() == 0


def test_it_marks_texts_that_read_on_in_one_line(client_of, alice):
    chat = conversation_of(alice, "Citations")
    said = answer(question(chat, "Bees?"), "Bees")
    said.content = [{"type": "text", "text": text} for text in ("Bees", " dance.\n\n", "They hum.")]
    said.save()
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    assert re.findall(r'data-block="(\d)" data-kind="text" data-continues', page) == ["1"]
    assert re.findall(r'data-block="(\d)" data-kind="text" data-continued', page) == ["0"]


def test_it_serves_a_long_text_in_pieces_of_whole_lines_and_says_how_long_it_is(client_of, alice):
    chat = conversation_of(alice, "Long")
    text = "".join(f"Line {number} <b>\n" for number in range(1000))
    answer(question(chat, "Count"), text)
    page = html(client_of(alice).get(f"/c/{chat.pk}/"))
    item = page[page.index('data-role="assistant"') :]
    assert f'data-size="{len(text).bit_length()}"' in item
    markdown = item[item.index('data-part="markdown"') :]
    pieces = re.findall(r"<div>(.*?)</div>", markdown[: markdown.index("</div></div>")] + "</div>", re.DOTALL)
    assert len(pieces) > 3
    assert unescape("".join(pieces)) == text
    assert all(piece.endswith("\n") for piece in pieces)
