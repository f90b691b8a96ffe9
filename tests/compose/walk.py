"""``python -m tests.compose.walk``: go through a new site of docker compose as people and operators do.

It needs Docker, so it is no part of ``make test``. Run it in a checkout that is up (``docker compose up -d --wait``)
and where nobody has an account yet; it leaves the site with an account. ``URL`` may name another address.
"""

import asyncio
import os
import re
import subprocess
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp

import chatproject.asgi  # noqa: F401 - sets up Django, for all below

# isort: split
from chat.consumers import RESTARTING
from chat.login_attempts import LIMIT
from tests.live.processes import directed
from tests.tabs import RemoteTab

URL = os.environ.get("URL", "http://localhost:8000")
NAME, PASSWORD = "keeper", "keeper-of-the-gate-9"
COOKIE = "sessionid"
WORKERS = 3


async def main():
    """Every step, one after the other."""
    session = await makes_the_first_account_and_logs_in()
    await asks_reloads_and_stops(session)
    await cannot_guess_passwords_under_forged_addresses()
    await scales(session)
    await restarts_a_web_process_in_mid_answer(session)
    await restarts_the_workers_in_mid_answer(session)
    await goes_down_and_comes_up_again(session)
    say("all is well")


async def makes_the_first_account_and_logs_in():
    """The link is in the logs; the account works."""
    link = re.findall(r"http\S+/accounts/first/\S+", compose("logs", "--no-log-prefix", "migrate"))[-1]
    assert link.startswith(URL), link
    async with aiohttp.ClientSession() as browser:
        await post(browser, link, username=NAME, password1=PASSWORD, password2=PASSWORD)
        async with browser.get(link) as over:
            assert over.status == 410
    async with aiohttp.ClientSession() as browser:
        page = await post(browser, f"{URL}/accounts/login/", username=NAME, password=PASSWORD)
        assert "Answers are simulated" in page
        say("account made, logged in")
        return next(cookie.value for cookie in browser.cookie_jar if cookie.key == COOKIE)


async def asks_reloads_and_stops(session):
    """An answer streams, goes on after a reload where it was, and stops."""
    async with RemoteTab(URL, session) as tab:
        assert (await tab.see("hello"))["simulated"]
        asked = time.monotonic()
        accepted = await tab.ask(directed(tokens=1000, speed=40))
        turn = accepted["turn"]
        await tab.read(turn, 1)
        say(f"first token after {time.monotonic() - asked:.2f} s")
        await tab.read(turn, 200)
        pieces = len(tab.of("delta"))
        assert pieces > 10, f"{pieces} pieces: something holds them back"
    async with again(tab, session, accepted) as later:
        await later.read(turn, 400)
        await later.say("stop", turn=turn)
        assert (await later.see("ended", turn=turn))["state"] == "stopped"
    say("streamed, reloaded, stopped")


async def cannot_guess_passwords_under_forged_addresses():
    """The proxy says where somebody comes from, not he himself."""
    statuses = []
    for last in range(LIMIT + 1):
        headers = {"X-Forwarded-For": f"203.0.113.{last}", "X-Real-Ip": f"203.0.113.{last}"}
        async with aiohttp.ClientSession(headers=headers) as browser:
            with suppress(aiohttp.ClientResponseError):
                await post(browser, f"{URL}/accounts/login/", username="nobody", password="wrong")
                statuses.append(200)
                continue
            statuses.append(429)
    assert statuses == [200] * LIMIT + [429], statuses
    say("forged addresses do not help")


async def scales(session):
    """Two web processes and three workers share what there is to do."""
    compose("up", "-d", "--wait", "--no-recreate", "--scale", "web=2", "--scale", f"worker={WORKERS}")
    async with RemoteTab(URL, session) as tab:
        turns = [(await tab.ask(directed(tokens=40, speed=40)))["turn"] for _ in range(5)]
        for turn in turns:
            assert (await end(tab, turn))["state"] == "complete"
    shares = compose("exec", "-T", "db", "psql", "-U", "chat", "-Atc", "SELECT DISTINCT runner FROM chat_message")
    assert 1 < len(shares.split()) <= WORKERS, shares
    say(f"scaled: {len(shares.split())} workers have answered")


async def restarts_a_web_process_in_mid_answer(session):
    """Who was on it is told, comes back to the other one, and has the whole answer; nobody else notices."""
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(RemoteTab(URL, session)) for _ in range(4)]
        accepted = await tabs[0].ask(directed(tokens=800, speed=40))
        turn = accepted["turn"]
        for tab in tabs[1:]:
            await tab.say("watch", conversation=accepted["conversation"])
        await asyncio.gather(*(tab.read(turn, 100) for tab in tabs))
        restarting = asyncio.create_task(asyncio.to_thread(docker, "restart", compose("ps", "-q", "web").split()[0]))
        cut = [tab for tab in tabs if await closed(tab)]
        assert len(cut) == 2, f"{len(cut)} of 4 tabs were on one of two web processes"
        assert {tab.closed_with for tab in cut} == {RESTARTING}
        for tab in cut:
            tabs[tabs.index(tab)] = await stack.enter_async_context(again(tab, session, accepted))
        states = [(await end(tab, turn))["state"] for tab in tabs]
        assert states == ["complete"] * 4, states
        assert len({tab.text(turn) for tab in tabs}) == 1
        await restarting
    say("a web process was restarted in mid-answer: nothing lost")


async def restarts_the_workers_in_mid_answer(session):
    """They bring to an end what they have begun."""
    async with RemoteTab(URL, session) as tab:
        turn = (await tab.ask(directed(tokens=400, speed=40)))["turn"]
        await tab.read(turn, 50)
        await asyncio.to_thread(compose, "restart", "worker")
        assert (await end(tab, turn))["state"] == "complete"
        turn = (await tab.ask(directed(text="Still there.")))["turn"]
        await end(tab, turn)
        assert tab.text(turn) == "Still there."
    say("the workers were restarted in mid-answer: nothing cut")


async def goes_down_and_comes_up_again(session):
    """Everybody is still logged in, and everything is there."""
    async with RemoteTab(URL, session) as tab:
        accepted = await tab.ask(directed(text="To be kept."))
        await end(tab, accepted["turn"])
    compose("down")
    compose("up", "-d", "--wait")
    page = aiohttp.request("GET", f"{URL}/c/{accepted['conversation']}/", cookies={COOKIE: session})
    async with page as response:
        assert "To be kept." in await response.text()
    assert "/accounts/first/" not in compose("logs", "--no-log-prefix", "migrate")
    say("down and up: still logged in, all there")


@asynccontextmanager
async def again(tab, session, accepted):
    """The page of a tab, loaded again: it goes on where it was."""
    async with RemoteTab(URL, session) as later:
        later.resume(accepted["turn"], tab)
        cursors = {accepted["turn"]: tab.cursor(accepted["turn"])}
        await later.say("watch", conversation=accepted["conversation"], cursors=cursors)
        yield later


async def end(tab, turn, minutes=1):
    """How a turn has ended."""
    for _ in range(6 * minutes - 1):
        with suppress(AssertionError):
            return await tab.see("ended", turn=turn)
    return await tab.see("ended", turn=turn)


async def closed(tab):
    """Whether the server closes this tab within ten seconds."""
    with suppress(TimeoutError):
        await tab.closed()
    return tab.closed_with is not None


async def post(browser, url, **fields):
    """Fill in a form; gives the page that comes then."""
    async with browser.get(url, raise_for_status=True) as form:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', await form.text())[1]
    fields |= {"csrfmiddlewaretoken": token}
    async with browser.post(url, data=fields, headers={"Origin": URL}, raise_for_status=True) as page:
        return await page.text()


def compose(*words):
    """What a command of docker compose says."""
    return docker("compose", *words)


def docker(*words):
    """What a command of docker says."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout


def say(line):
    """Tell what was done."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
