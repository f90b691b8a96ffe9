"""The websocket in its worker: what waits there until the page can draw, and what does not."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.page.fake import LIMITS, block, delta, exchange

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# A page that is drawing takes no text; `draw` lets it come to rest.
LISTEN = """async (url) => {
  const { Line } = await import("/static/chat/page/line.js");
  const { soon } = await import("/static/chat/render/pace.js");
  const real = requestAnimationFrame;
  let frame;
  window.requestAnimationFrame = (callback) => { frame = callback; };
  window.draw = () => real(frame);
  window.heard = [];
  const took = (frame) => {
    heard.push(frame);
    if (frame.type === "delta") soon(() => true);
  };
  new Line(url.replace("http", "ws") + "/ws/chat/", { frame: took, closed: (code) => heard.push({ closed: code }) });
}"""
# All that was sent before it has arrived when it is heard: it takes along what waits.
AT_ONCE = {"type": "pong"}
HEARD = "heard.slice(1).map(({type, offset, text, turn, closed}) => closed ?? [type, turn, offset, text].join(' '))"


@pytest.fixture
def line(fake, page):
    """Opens a line of its own on an empty page, and says what was heard on it after the greeting."""

    async def opened():
        await page.goto(f"{fake.url}/accounts/login/")
        await page.evaluate(LISTEN, fake.url)
        return await fake.socket()

    return opened


async def heard(page, number):
    # Not with animation frames, which is how Playwright would ask: they are ours here.
    await page.wait_for_function("(number) => heard.length > number", arg=number, polling=20)
    return await page.evaluate(HEARD)


async def test_text_waits_joined_until_the_page_can_draw(page, line):
    socket = await line()
    await socket.send(delta("t", 0, "One"))
    assert await heard(page, 1) == ["delta t 0 One"]
    await socket.send(delta("t", 3, " 👩‍👧"), delta("t", 7, " two"), delta("t", 11, " three"), AT_ONCE)
    assert (await heard(page, 3))[1:] == ["delta t 3  👩‍👧 two three", "pong   "]


async def test_text_is_taken_when_the_page_has_drawn(page, line):
    socket = await line()
    await socket.send(delta("t", 0, "One"))
    await heard(page, 1)
    await page.evaluate("draw()")
    await socket.send(delta("t", 3, " two"))
    assert (await heard(page, 2))[1:] == ["delta t 3  two"]


async def test_text_that_does_not_go_on_is_not_joined(page, line):
    socket = await line()
    await socket.send(delta("t", 0, "One"))
    await heard(page, 1)
    await socket.send(delta("t", 3, " two"), delta("t", 9, "gap"), delta("u", 12, "other"), AT_ONCE)
    assert (await heard(page, 5))[1:] == ["delta t 3  two", "delta t 9 gap", "delta u 12 other", "pong   "]


async def test_any_other_frame_is_heard_at_once_and_in_its_place(page, line):
    socket = await line()
    await socket.send(delta("t", 0, "One"))
    await heard(page, 1)
    await socket.send(delta("t", 3, " two"), {"type": "ended", "turn": "t"})
    assert (await heard(page, 3))[1:] == ["delta t 3  two", "ended t  "]


async def test_a_frame_that_the_page_fails_at_stops_no_other(page, line):
    socket = await line()
    await page.evaluate("""() => {
        window.reportError = (error) => { window.told = error.message; };
        heard.push = (frame) => {
            if (frame.type === "odd") throw new Error("not for me");
            return Array.prototype.push.call(heard, frame);
        };
    }""")
    await socket.send({"type": "odd"})
    await page.wait_for_function("window.told === 'not for me'", polling=20)
    await socket.send(delta("t", 0, "Still here"))
    assert await heard(page, 1) == ["delta t 0 Still here"]


async def test_a_line_that_breaks_hands_over_what_it_has(page, line):
    socket = await line()
    await socket.send(delta("t", 0, "One"))
    await heard(page, 1)
    await socket.send(delta("t", 3, " two"))
    await socket.close(4401)
    assert (await heard(page, 3))[1:] == ["delta t 3  two", 4401]


async def test_a_worker_that_cannot_be_loaded_is_a_lost_connection(fake, page):
    conversation = fake.chat(*exchange("Hi", "", state="streaming"))
    turn = fake.chats[conversation][1]["id"]
    await page.route("**/line-worker.js", lambda route: route.abort())
    await page.goto(f"{fake.url}/c/{conversation}/")
    await expect(page.locator("#connection")).to_have_text("Reconnecting")
    await page.unroute("**/line-worker.js")
    socket = await fake.socket()
    await socket.watched((turn,), turn)
    await expect(page.locator("#connection")).to_be_hidden()
    await socket.send(block(turn), delta(turn, 0, "Here"))
    await expect(page.locator("#transcript")).to_contain_text("Here")


async def test_what_has_come_is_acknowledged_though_the_page_is_busy(fake, page, line):
    """The page draws nothing here, but the server must go on: all it would keep for us is here by now."""
    socket = await line()
    quarter = LIMITS["unacknowledged"] // 4
    await socket.send(delta("t", 0, "x" * (quarter // 2)))
    await socket.send(delta("t", quarter // 2, "x" * (quarter // 2)), delta("t", quarter, "x"))
    assert await asyncio.wait_for(socket.acknowledged.get(), 10) == 3
