"""What the page costs its reader: `python -m benchmarks.page` streams answers of 60 KB into a real Chromium.

The real page, its list of conversations beside it and its policy on, gets the frames of an answer over a websocket:
1,500 pieces at 100 a second, once as mixed Markdown and once as each kind of block that can stay open for long. The
reader stays at the end. Frame times are taken in a run of their own, because watching every frame is work too.
"""

import argparse
import asyncio
import os
from dataclasses import dataclass, fields

from playwright.async_api import Browser, Page

from benchmarks.browser import REST, service, tab, traced
from benchmarks.texts import KINDS, LENGTH, text
from tests.chromium import chromium
from tests.page.fake import Fake, FakeSocket, block, delta, ended, exchange, exchanges

PIECES = 1_500
RATE = 100  # pieces a second
WATCH = """() => {
  window.frames = [];
  let last;
  requestAnimationFrame(function frame(now) {
    if (last) window.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  });
}"""
SHOWN = """async () => {
  const { rawTextOf } = await import("/static/chat/page/actions.js");
  return rawTextOf([...document.querySelectorAll('#transcript [data-role="assistant"]')].at(-1));
}"""


@dataclass
class Cost:
    """Milliseconds: of main-thread work per piece and of the longest task (CPU, elapsed), between frames (95 %)."""

    piece: float
    piece_elapsed: float
    longest: float
    longest_elapsed: float
    frame: float


async def measure(browser: Browser, fake: Fake, kind: str) -> Cost:
    """Stream one answer twice, each time into a fresh page."""
    async with tab(browser) as page:
        answer = await asked(fake, page, kind)
        async with traced(browser, page) as trace:
            await answer.stream()
    async with tab(browser) as page:
        answer = await asked(fake, page, kind)
        await page.evaluate(WATCH)
        await answer.stream()
        frames = await page.evaluate("frames")
    longest = trace.longest
    return Cost(trace.cpu / PIECES, trace.elapsed / PIECES, longest.cpu, longest.elapsed, percentile(frames, 95))


@dataclass
class Answer:
    """An answer that is about to be written, in a conversation with some messages before it."""

    page: Page
    socket: FakeSocket
    conversation: str
    turn: str
    text: str

    async def stream(self) -> None:
        """Send it piece by piece, and see that all of it is on the page."""
        size, started = -(-len(self.text) // PIECES), asyncio.get_running_loop().time()
        await self.socket.send(block(self.turn))
        for number in range(PIECES):
            await asyncio.sleep(started + number / RATE - asyncio.get_running_loop().time())
            piece = self.text[number * size : (number + 1) * size]
            await self.socket.send(delta(self.turn, number * size, piece))
        async with self.page.expect_response("**/transcript/**"):
            await self.socket.send(ended(self.turn, self.conversation))
        await self.page.evaluate(REST)
        if await self.page.evaluate(SHOWN) != self.text:
            raise RuntimeError("The text on the page is not what was sent.")


async def asked(fake: Fake, page: Page, kind: str) -> Answer:
    """A page on which a question waits for its answer."""
    before = exchanges(*((f"Question {number}", text("mixed Markdown", 2_000)) for number in range(4)))
    key = fake.chat(*before, *exchange("And now?", "", parent=before[-1]["id"], state="streaming"))
    turn = fake.chats[key][-1]["id"]
    await page.goto(f"{fake.url}/c/{key}/")
    socket = await fake.socket()
    await socket.watched((turn,), turn)
    await page.evaluate(REST)
    return Answer(page, socket, key, turn, text(kind))


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[len(values) * share // 100]


async def bench(kinds: list[str], rounds: int) -> dict[str, list[Cost]]:
    """Every kind in turn, so that no kind has the quiet minutes to itself."""
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    async with service() as fake, chromium() as browser:
        for kind in kinds * rounds:
            costs[kind].append(await measure(browser, fake, kind))
    return costs


def report(costs: dict[str, list[Cost]]) -> None:
    """Print the best of the rounds as a table."""
    rounds = len(next(iter(costs.values())))
    print(
        f"{LENGTH // 1000} KB in {PIECES:,} pieces at {RATE}/s, Chromium, 1280x800, following the end; best of {rounds}"
    )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; milliseconds, CPU (elapsed)")
    print("\n| answer | main thread per piece | longest task | frame time p95 |\n|---|--:|--:|--:|")
    for kind, measured in costs.items():
        best = Cost(*(min(getattr(cost, field.name) for cost in measured) for field in fields(Cost)))
        piece = f"{best.piece:.2f} ({best.piece_elapsed:.2f})"
        print(f"| {kind} | {piece} | {best.longest:.0f} ({best.longest_elapsed:.0f}) | {best.frame:.1f} |")


def main() -> None:
    """Measure what the command line names; everything without a name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], metavar="kind", help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    report(asyncio.run(bench(arguments.kinds or list(KINDS), arguments.rounds)))


if __name__ == "__main__":
    main()
