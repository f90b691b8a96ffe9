"""Long conversations: what is far from the screen costs nothing, and what is read stays in its place."""

import pytest
from playwright.async_api import expect

from tests.page.acts import ANSWER, QUESTION
from tests.page.fake import exchanges

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LAID_OUT = "(item) => item.firstElementChild.checkVisibility({ contentVisibilityAuto: true })"
TOP = "(item) => item.getBoundingClientRect().top"
REST = """async () => {
  const { settled } = await import("/static/chat/render/work.js");
  for (let frames = 0; frames < 20; frames++) await new Promise(requestAnimationFrame);
  await settled();
}"""
PART = "## Part {0}\n\n{1}\n\n```python\n{2}```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\nx^2\n$$\n\n"


def long_answer(number):
    parts = (PART.format(part, "word " * 150, "x = 1\n" * 20) for part in range(12))
    return f"needle{number}\n\n" + "".join(parts)


@pytest.fixture
def conversation(fake):
    return fake.chat(*exchanges(*((f"Question {number}", long_answer(number)) for number in range(6))))


async def at_rest(fake, page, address):
    await page.goto(f"{fake.url}{address}")
    await (await fake.socket()).watched()
    await page.evaluate(REST)


async def test_it_lays_out_only_what_is_near(fake, page, conversation):
    await at_rest(fake, page, f"/c/{conversation}/")
    items = page.locator(ANSWER)
    assert [await items.nth(number).evaluate(LAID_OUT) for number in (0, 1, 2, 5)] == [False, False, False, True]
    await expect(items.last.locator(".katex").last).to_be_attached()
    await expect(items.first.locator("pre")).to_have_count(0)
    await page.evaluate("scrollTo(0, 0)")
    await expect(items.first.locator("pre").first).to_be_attached()


async def test_it_opens_at_the_end_and_stays_there(fake, page, conversation):
    await at_rest(fake, page, f"/c/{conversation}/")
    rest = "document.documentElement.scrollHeight - innerHeight - scrollY"
    assert abs(await page.evaluate(rest)) <= 2


async def test_what_is_read_stays_while_what_is_above_it_is_rendered(fake, page, conversation):
    await at_rest(fake, page, f"/c/{conversation}/")
    await page.mouse.move(700, 400)
    for number in (5, 4, 3):
        question = page.locator(QUESTION).nth(number)
        await question.evaluate("(item) => scrollBy(0, item.getBoundingClientRect().top - 300)")
        await page.evaluate(REST)
        before = await question.evaluate(TOP)
        await page.mouse.wheel(0, -100)
        await page.evaluate(REST)
        assert abs(await question.evaluate(TOP) - before - 100) <= 1


async def test_a_message_that_a_link_names_stays_where_it_is_shown(fake, page, conversation):
    named = fake.chats[conversation][6]["id"]
    await at_rest(fake, page, f"/c/{conversation}/?leaf={named}#m-{named}")
    assert 0 < await page.locator(f"#m-{named}").evaluate(TOP) < 150


async def test_text_that_is_far_away_can_be_found(fake, page, conversation):
    await at_rest(fake, page, f"/c/{conversation}/")
    assert await page.evaluate("find('needle0', false, false, true)")
    await page.evaluate(REST)
    await expect(page.locator(ANSWER).first).to_be_in_viewport()
