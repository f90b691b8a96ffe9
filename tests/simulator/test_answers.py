"""The demo answers, and which words bring them up."""

import pytest

from chat.simulator import answer_text, answers, count

from .conftest import asking


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("hi", "hello"),
        ("A packing list, please", "lists"),
        ("compare tabs and spaces", "table"),
        ("write a python function", "python"),
        ("some JavaScript", "javascript"),
        ("hello from Rust", "rust"),
        ("an SQL query", "sql"),
        ("an HTML page", "html"),
        ("a bash script", "bash"),
        ("prove something", "maths"),
        ("why is the sky dark at night?", "thinking"),
        ("search the web for streaming", "search"),
        ("emoji in every script", "unicode"),
        ("a long essay", "long"),
        ("tell me a story", "prose"),
        ("all of markdown", "markdown"),
        ("what does it cost?", "cost"),
        ("how do I stop you?", "stopped"),
        ("thank you", "thanks"),
        ("Which otter is best?", "welcome"),
        ("", "welcome"),
    ],
)
def test_words_choose_the_demo(question, name):
    assert answers.choose(question) == name


@pytest.mark.parametrize("name", [name for name in [*answers.WORDS, "welcome"] if name != "search"])
def test_every_demo_has_a_text_and_says_what_it_is(name):
    text = answers.read(name, "hello there")
    assert count(text) > 30
    assert "imulat" in text or "rehears" in text


def test_the_welcome_quotes_the_question_as_plain_text():
    text = answer_text("Is <b>this</b> *bold* or `plain`, otter?\nSecond line")
    assert "> Is \\<b\\>this\\</b\\> \\*bold\\* or \\`plain\\`, otter? Second line\n" in text


def test_a_long_question_is_quoted_cut_short():
    assert answers.quote("otter " * 100).endswith("…")


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("How do I write a Python function that sorts dates?", "Python function sorts dates"),
        ("hi", "Hi A Simulated"),
        ("Compare tabs and spaces in three tables", "Compare tabs spaces three tables"),
    ],
)
def test_a_title_is_made_of_the_users_words(message, title):
    assert answers.title(message) == title
    assert 3 <= len(title.split()) <= 6


async def test_a_system_prompt_that_asks_for_a_title_gets_one(client):
    system = "Write a short title for this conversation. Answer with the title only."
    asked = asking('Sorting dates in Python [[sim {"fault": 529}]]', system=system)
    message = await client.messages.create(**asked)
    assert message.content[0].text == "Sorting dates Python"


async def test_a_title_is_that_of_the_quoted_question(client):
    chat = "<question>Sorting dates in Python [[sim {}]]</question>\n<answer>Use sorted.</answer>"
    message = await client.messages.create(**asking(chat, system="You give a title to a chat."))
    assert message.content[0].text == "Sorting dates Python"


async def test_a_directive_cut_short_spoils_no_title(client):
    chat = '<question>Sorting dates in Python [[sim {"text": "abc'
    message = await client.messages.create(**asking(chat, system="You give a title to a chat."))
    assert message.content[0].text == "Sorting dates Python"


async def test_a_system_prompt_that_merely_mentions_a_title_gets_none(client):
    message = await client.messages.create(**asking("hi", system="Set every title in bold."))
    assert message.content[0].text == answer_text("hi")


async def test_a_directive_may_set_the_title(simulator, client):
    hostile = '<img src=x onerror="alert(1)">'
    simulator.direct({"title": hostile}, contains="boats")
    message = await client.messages.create(**asking("boats", system="Give it a title."))
    assert message.content[0].text == hostile
    simulator.direct({"title": {"tokens": 3, "stop_reason": "refusal"}}, contains="boats")
    message = await client.messages.create(**asking("boats", system="Give it a title."))
    assert message.stop_reason == "refusal"
