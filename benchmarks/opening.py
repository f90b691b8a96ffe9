"""What a long conversation costs its reader: `python -m benchmarks.opening` opens one and reads it back to its start.

Six answers of 100 KB, finished, in the real page. Opening ends when the page is at rest; reading back is a turn of the
wheel every 60 ms until the first question is on the screen.
"""

import argparse
import asyncio
import os

from playwright.async_api import Browser, Page

from benchmarks.browser import Trace, service, tab, traced
from benchmarks.texts import text
from tests.chromium import chromium
from tests.page.fake import Fake, exchanges

ANSWERS, LENGTH = 6, 100_000
TURN = 2_500  # px
SECONDS_BETWEEN = 0.06
STEPS = ("open it", "read it back")


async def measure(browser: Browser, fake: Fake) -> dict[str, Trace]:
    """Open a conversation in a fresh page, and read it back."""
    answers = text("mixed Markdown", LENGTH)
    key = fake.chat(*exchanges(*((f"Question {number}", answers) for number in range(ANSWERS))))
    async with tab(browser) as page:
        await page.goto(f"{fake.url}/accounts/login/")
        async with traced(browser, page) as opening:
            await page.goto(f"{fake.url}/c/{key}/")
            await (await fake.socket()).watched((), fake.chats[key][-1]["id"])
            await page.locator(".katex").last.wait_for()
        async with traced(browser, page) as reading:
            await read_back(page)
    return dict(zip(STEPS, (opening, reading), strict=True))


async def read_back(page: Page) -> None:
    """Turn the wheel until the start is there."""
    await page.mouse.move(700, 400)
    while await page.evaluate("scrollY") > 0:
        await page.mouse.wheel(0, -TURN)
        await asyncio.sleep(SECONDS_BETWEEN)


async def bench(rounds: int) -> list[dict[str, Trace]]:
    async with service() as fake, chromium() as browser:
        return [await measure(browser, fake) for _ in range(rounds)]


def report(measured: list[dict[str, Trace]]) -> None:
    """Print the best of the rounds as a table."""
    print(f"{ANSWERS} finished answers of {LENGTH // 1000} KB, Chromium, 1280x800; best of {len(measured)}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; milliseconds, CPU (elapsed)")
    print("\n| | main thread | longest task |\n|---|--:|--:|")
    for step in STEPS:
        traces = [each[step] for each in measured]
        cpu, elapsed = min(trace.cpu for trace in traces), min(trace.elapsed for trace in traces)
        longest = [trace.longest for trace in traces]
        most = f"{min(task.cpu for task in longest):.0f} ({min(task.elapsed for task in longest):.0f})"
        print(f"| {step} | {cpu:.0f} ({elapsed:.0f}) | {most} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.opening", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2)
    report(asyncio.run(bench(parser.parse_args().rounds)))


if __name__ == "__main__":
    main()
