"""From one conversation to another, the list of them, dialogs and keys, on one socket."""

from time import monotonic
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.page.acts import ASKED, BLOCKS, QUESTION, ask, choose, item, opened, sees
from tests.page.fake import block, delta, exchange

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_it_changes_conversations_on_the_same_socket(fake, page, two):
    fruit, trees = two
    socket = await opened(fake, page, fruit)
    await page.evaluate("window.same = true")
    await page.click(f"{item(trees)} a")
    assert (await socket.watched((), fake.chats[trees][-1]["id"]))["conversation"] == trees
    await expect(page.locator(ASKED)).to_have_text("Oaks")
    await expect(page).to_have_url(f"{fake.url}/c/{trees}/")
    await expect(page).to_have_title("Trees · Chat")
    await expect(page.locator(f"{item(trees)} a")).to_have_attribute("aria-current", "page")
    await expect(page.locator("#text")).to_be_focused()
    await page.go_back()
    await expect(page.locator(ASKED)).to_have_text("Apples")
    await page.go_forward()
    await expect(page.locator(ASKED)).to_have_text("Oaks")
    assert await page.evaluate("window.same")


async def test_it_comes_back_to_an_answer_that_went_on(fake, page, two):
    fruit, trees = two
    running = exchange("Pears", "Gre", parent=fake.chats[fruit][-1]["id"], state="streaming")
    fake.chats[fruit] += running
    turn = running[1]["id"]
    socket = await opened(fake, page, fruit)
    await socket.send(block(turn), delta(turn, 0, "Green"))
    await expect(page.locator(BLOCKS).last).to_have_text("Green")
    await page.click(f"{item(trees)} a")
    await socket.watched((), fake.chats[trees][-1]["id"])
    await socket.send(delta(turn, 5, " stray"))
    await page.click(f"{item(fruit)} a")
    command = await socket.watched((turn,), turn)
    assert command["cursors"] == {turn: {"block": 0, "offset": 0}}
    await socket.send(block(turn), delta(turn, 0, "Green and brown"))
    await expect(page.locator(BLOCKS).last).to_have_text("Green and brown")


async def test_it_stays_where_a_link_within_the_page_leads(fake, page, two):
    fruit, _ = two
    socket = await opened(fake, page, fruit)
    await page.locator(".skip").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    assert socket.commands.empty()


async def test_it_reads_the_list_again_when_it_was_away(fake, page, two):
    fruit, _ = two
    socket = await opened(fake, page, fruit)
    moss = fake.chat(title="Moss")
    await socket.close(1012)
    await expect(page.locator(item(moss))).to_be_visible()


async def test_the_focus_stays_in_the_list_where_that_is_read_again(fake, page, two):
    fruit, trees = two
    socket = await opened(fake, page, fruit)
    await page.locator(f"{item(trees)} a").focus()
    moss = fake.chat(title="Moss")
    await socket.close(1012)
    await expect(page.locator(item(moss))).to_be_visible()
    await expect(page.locator(f"{item(trees)} a")).to_be_focused()


async def test_a_version_that_cannot_be_read_leaves_page_and_address_as_they_are(fake, page):
    key = fake.chat(*exchange("Hi", "Hello"))
    fake.chats[key][1].update(number=2, count=2, previous=f"/c/{key}/?leaf={uuid4()}")
    await opened(fake, page, key)
    await page.route("**/transcript/*", lambda route: route.abort())
    await page.click("[data-action=previous]:visible")
    await expect(page.locator("#composer-note")).to_have_text("That version could not be read. Try again.")
    await expect(page).to_have_url(f"{fake.url}/c/{key}/")


async def test_a_server_that_lets_go_of_it_at_once_is_left_more_and_more_time(fake, page):
    await page.goto(fake.url)
    pauses = []
    for _ in range(3):
        await (await fake.socket()).close(1011)
        started = monotonic()
        fake.opened.put_nowait(await fake.socket())
        pauses.append(monotonic() - started)
    assert pauses[2] > 0.9, "half of the third pause, which is two seconds at most"


async def test_the_focus_stays_on_the_link_to_another_version(fake, page):
    key = fake.chat(*exchange("Hi", "Hello"))
    fake.chats[key][1].update(number=2, count=3, previous=f"/c/{key}/?leaf={uuid4()}", next=f"/c/{key}/?leaf={uuid4()}")
    socket = await opened(fake, page, key)
    fake.chats[key][1].update(number=1, previous=None)
    await page.locator("[data-action=previous]:visible").focus()
    await page.keyboard.press("Enter")
    await socket.watched((), fake.chats[key][1]["id"])
    await expect(page.locator("[data-part=counter]:visible")).to_have_text("1 / 3")
    await expect(page.locator("[data-action=next]:visible")).to_be_focused()


async def test_it_leaves_a_message_on_its_way_and_finds_it_later(fake, page, two):
    fruit, trees = two
    socket = await opened(fake, page, fruit)
    await ask(page, "Plums?")
    command = await socket.expect("send")
    await page.click(f"{item(trees)} a")
    await socket.watched((), fake.chats[trees][-1]["id"])
    await socket.answer(command, "refused", code="too_fast", message="Wait a minute.")
    await page.click(f"{item(fruit)} a")
    await expect(page.locator("#text")).to_have_value("Plums?")
    await expect(page.locator(ASKED)).to_have_text("Apples")


async def test_it_shows_a_new_conversation_and_its_title_by_itself(fake, page, two):
    _, trees = two
    socket = await opened(fake, page, trees)
    key = str(uuid4())
    frame = {"type": "conversation", "conversation": key}
    await socket.send({**frame, "title": "Moss", "running": True, "updated": "2026-11-21T10:00:00Z"})
    first = page.locator("#conversations li").first
    await expect(first).to_have_attribute("data-conversation", key)
    await expect(first).to_have_attribute("data-running", "true")
    await socket.send({**frame, "title": "<img src=x onerror=alert(1)> Moss"})
    await expect(first.locator("[data-part=title]")).to_have_text("<img src=x onerror=alert(1)> Moss")
    await socket.send({**frame, "running": False})
    await expect(first).to_have_attribute("data-unread", "")
    await socket.send({"type": "conversation", "conversation": trees, "title": "Tall trees"})
    await expect(page.locator("#title")).to_have_text("Tall trees")
    await expect(page).to_have_title("Tall trees · Chat")


async def test_it_moves_to_a_new_chat_when_another_tab_deletes_this_one(fake, page, two):
    fruit, _ = two
    socket = await opened(fake, page, fruit)
    await page.fill("#text", "not lost")
    await socket.send({"type": "conversation", "conversation": fruit, "deleted": True})
    await expect(page).to_have_url(f"{fake.url}/")
    await expect(page.locator("#composer-note")).to_have_text("That conversation was deleted.")
    await expect(page.locator("#text")).to_have_value("not lost")
    await expect(page.locator(item(fruit))).to_have_count(0)


async def test_it_renames_at_once_and_takes_it_back_where_refused(fake, page, two):
    fruit, _ = two
    await opened(fake, page, fruit)
    await choose(page, fruit, "rename")
    await expect(page.locator("#rename-text")).to_have_value("Fruit")
    await page.fill("#rename-text", "refuse me")
    await page.press("#rename-text", "Enter")
    await expect(page.locator("#rename [data-part=problem]")).to_have_text("That title is not allowed.")
    await expect(page.locator("#title")).to_have_text("Fruit")
    await page.fill("#rename-text", "Apples and pears")
    await page.press("#rename-text", "Enter")
    await expect(page.locator("#title")).to_have_text("Apples and pears")
    await expect(page.locator(f"{item(fruit)} [data-part=title]")).to_have_text("Apples and pears")
    assert fake.posts[-1] == (f"/c/{fruit}/rename/", {"title": "Apples and pears"})


async def test_it_deletes_after_asking(fake, page, two):
    fruit, trees = two
    await opened(fake, page, trees)
    await choose(page, fruit, "delete")
    await expect(page.locator("#delete [data-part=title]")).to_have_text("Fruit")
    await page.click("#delete .danger")
    await expect(page.locator(item(fruit))).to_have_count(0)
    await expect(page.locator(ASKED)).to_have_text("Oaks")


async def test_it_searches_the_list(fake, page, two):
    fruit, trees = two
    await opened(fake, page, fruit)
    await page.fill("#search", "tree")
    await expect(page.locator(item(fruit))).to_have_count(0)
    await expect(page.locator(item(trees))).to_be_visible()
    await page.fill("#search", "")
    await expect(page.locator(item(fruit))).to_be_visible()


async def test_it_is_all_reached_by_keys(fake, page, two):
    fruit, trees = two
    socket = await opened(fake, page, fruit)
    await page.keyboard.press("Control+k")
    await expect(page.locator("#switcher-text")).to_be_focused()
    await page.keyboard.type("tre")
    await expect(page.locator("#switcher-results a")).to_have_count(1)
    await page.keyboard.press("Enter")
    await socket.watched((), fake.chats[trees][-1]["id"])
    await expect(page.locator(ASKED)).to_have_text("Oaks")
    await page.keyboard.press("Control+Shift+O")
    await expect(page).to_have_url(f"{fake.url}/")
    await page.locator("#new-chat").focus()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.locator("#new-chat").focus()
    await page.keyboard.press("/")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("By keys alone?")
    await page.keyboard.press("Enter")
    _, turn = await socket.accept(fake.chat())
    await page.keyboard.press("Escape")
    assert (await socket.expect("stop"))["turn"] == turn


async def test_it_opens_the_list_as_a_drawer_on_a_narrow_screen(fake, page, two):
    fruit, trees = two
    await page.set_viewport_size({"width": 360, "height": 740})
    await opened(fake, page, fruit)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(page.locator(item(trees))).not_to_be_in_viewport()
    await page.click("[data-action=open-drawer]")
    await expect(page.locator(item(trees))).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.locator(item(trees))).not_to_be_in_viewport()
    await page.click("[data-action=open-drawer]")
    await page.click(f"{item(trees)} a")
    await expect(page.locator(ASKED)).to_have_text("Oaks")
    await expect(page.locator(item(fruit))).not_to_be_in_viewport()


async def test_it_goes_to_the_login_and_keeps_the_draft_when_the_session_is_over(fake, page, two):
    fruit, _ = two
    socket = await opened(fake, page, fruit)
    await page.fill("#text", "half a thought")
    await socket.close(4401)
    await expect(page).to_have_url(f"{fake.url}/accounts/login/?next=%2Fc%2F{fruit}%2F")
    await page.goto(f"{fake.url}/c/{fruit}/")
    await expect(page.locator("#text")).to_have_value("half a thought")


async def test_it_says_so_where_the_address_is_not_allowed(fake, page):
    fake.refuse_with = 4403
    await page.goto(fake.url)
    await expect(page.locator("#connection")).to_contain_text("CSRF_TRUSTED_ORIGINS")


async def test_it_notices_a_network_that_died_without_a_word(fake, page, two):
    fruit, _ = two
    await page.clock.install()
    socket = await opened(fake, page, fruit)
    fake.mute.add(socket)
    await page.clock.fast_forward(20_000)
    await page.clock.fast_forward(6_000)
    await page.clock.fast_forward(1_000)
    socket = await fake.socket()
    await socket.watched((), fake.chats[fruit][-1]["id"])


async def test_it_shows_the_message_on_its_way_only_where_it_was_sent(fake, page, two):
    fruit, _ = two
    await page.goto(fake.url)
    socket = await fake.socket()
    await ask(page, "Somewhere new")
    command = await socket.expect("send")
    await page.click(f"{item(fruit)} a")
    await socket.watched((), fake.chats[fruit][-1]["id"])
    await expect(page.locator(ASKED)).to_have_text("Apples")
    conversation = fake.chat(*exchange("Somewhere new", "Here"))
    entries = fake.chats[conversation]
    await socket.answer(command, "accepted", conversation=conversation, message=entries[0]["id"], turn=entries[1]["id"])
    await page.go_back()
    await expect(page.locator(QUESTION)).to_have_count(0)
    await page.goto(f"{fake.url}/c/{conversation}/")
    await sees(page, "complete")
