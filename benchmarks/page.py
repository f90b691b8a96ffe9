"""What a streamed answer costs the reader's browser: `python -m benchmarks.page` streams 60 KB into a real Chromium.

The text arrives as 1,500 pieces at 100 a second, once as mixed Markdown and once as each kind of block that can stay
open for long. Work is that of the page's main thread, from the browser's own trace: scripts, style, layout, paint, and
the timer that plays the network (the row without text). CPU time is what the work takes; elapsed time is what the
reader waits, and on a busy machine holds the waiting for a core as well. Frame times are taken in a run of their own,
because watching every frame is work too.
"""

import argparse
import asyncio
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import count

from playwright.async_api import Browser, async_playwright

from tests.page.render.strict import served

LENGTH = 60_000  # characters
PIECES = 1_500
RATE = 100  # pieces a second
CATEGORIES = ["disabled-by-default-devtools.timeline", "__metadata"]

STREAM = """async ({text, pieces, rate, watch}) => {
  const place = document.getElementById("answer");
  const view = new AnswerView(place);
  const size = Math.ceil(text.length / pieces);
  const frames = [];
  let last;
  function frame(now) {
    if (last) frames.push(now - last);
    last = now;
    watch &&= requestAnimationFrame(frame);
  }
  if (watch) requestAnimationFrame(frame);
  new ResizeObserver(() => scrollTo(0, document.documentElement.scrollHeight)).observe(place);
  const started = performance.now();
  await new Promise((done) => {
    let sent = 0;
    const timer = setInterval(() => {
      for (const due = (performance.now() - started) * rate / 1000; sent < Math.min(due, pieces); sent++) {
        if (text) view.append(text.slice(sent * size, (sent + 1) * size));
      }
      if (sent >= pieces) { clearInterval(timer); done(); }
    }, 1000 / rate);
  });
  await view.end();
  watch = 0;
  if (view.text !== text) throw new Error("the text is not what was appended");
  return frames;
}"""


@dataclass
class Cost:
    """Milliseconds: of main-thread work per piece and of the longest task (CPU, elapsed), between frames (95 %)."""

    piece: float
    piece_elapsed: float
    longest: float
    longest_elapsed: float
    frame: float


def prose(number: int) -> str:
    return (
        f"In case {number} the **river** carries about {number % 90 + 10} tonnes of silt, *most* of it in spring; "
        f"`flow({number})` gives the rate and [the survey](https://example.org/{number}) its error. "
    )


def listed(number: int) -> str:
    return f"- Entry {number} with **weight** and `code({number})`, long enough to be a sentence.\n"


def row(number: int) -> str:
    head = "| Place | Range (m) | Note |\n|:--|--:|:-:|\n" if number == 0 else ""
    return f"{head}| Bay {number} | {number * 37 % 160 / 10} | **seen** {number % 28 + 1} times |\n"


def line(number: int) -> str:
    head = "```python\n" if number == 0 else ""
    return f'{head}    value_{number} = compute("{number}", scale={number % 7}.5)  # step {number}\n'


def mixed(number: int) -> str:
    code = "".join(line(n) for n in range(number * 12 + 1, number * 12 + 13))
    rows = "".join(row(n) for n in range(6))
    return (
        f"## Part {number}\n\n{prose(number) * 3}\n\n{''.join(listed(n) for n in range(6))}\n"
        f"```python\n{code}```\n\n{rows}\nWith $a_{{{number}}}^2 + b^2 = c^2$ and\n\n"
        f"$$\n\\sum_{{k=1}}^{{{number}}} k = \\frac{{n(n+1)}}{{2}}\n$$\n\n> {prose(number)}\n\n"
    )


TEXTS: dict[str, Callable[[int], str]] = {
    "no text": lambda number: "",
    "mixed Markdown": mixed,
    "one code block": line,
    "one paragraph": prose,
    "one list": listed,
    "one table": row,
}


def text(kind: str) -> str:
    """60,000 characters of one kind, or none at all."""
    made = ""
    if not TEXTS[kind](0):
        return made
    for number in count():
        if len(made) >= LENGTH:
            return made[:LENGTH]
        made += TEXTS[kind](number)
    raise AssertionError


async def measure(browser: Browser, address: str, kind: str) -> Cost:
    """Stream one text twice, each time into a fresh page."""
    tasks, _ = await stream(browser, address, kind, watch=False)
    _, frames = await stream(browser, address, kind, watch=True)
    cpu, elapsed = zip(*tasks, strict=True)
    return Cost(sum(cpu) / PIECES, sum(elapsed) / PIECES, max(cpu), max(elapsed), percentile(frames, 95))


async def stream(browser: Browser, address: str, kind: str, *, watch: bool) -> tuple[list, list[float]]:
    """The main-thread tasks and, when watched, the frame times of one run."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    try:
        await page.goto(address)
        await page.wait_for_function("window.ready")
        await browser.start_tracing(page=page, categories=CATEGORIES)
        run = {"text": text(kind), "pieces": PIECES, "rate": RATE, "watch": watch}
        frames = await page.evaluate(STREAM, run)
        return main_thread_tasks(json.loads(await browser.stop_tracing())["traceEvents"]), frames
    finally:
        await page.close()


def main_thread_tasks(events: list[dict]) -> list[tuple[float, float]]:
    """CPU and elapsed milliseconds of each task on the busiest renderer's main thread."""
    threads = {
        (event["pid"], event["tid"]): [(0.0, 0.0)]
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        key = (event["pid"], event["tid"])
        if event["name"] == "RunTask" and event["ph"] == "X" and key in threads:
            threads[key].append((event.get("tdur", 0) / 1000, event["dur"] / 1000))
    return max(threads.values(), key=lambda tasks: sum(cpu for cpu, _ in tasks))


def percentile(values: list[float], share: int) -> float:
    return sorted(values)[len(values) * share // 100]


async def bench(kinds: list[str], rounds: int) -> dict[str, list[Cost]]:
    """Every kind in turn, so that no kind has the quiet minutes to itself."""
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    async with served() as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-dev-shm-usage"]
        )
        for kind in kinds * rounds:
            costs[kind].append(await measure(browser, address, kind))
        await browser.close()
    return costs


def report(costs: dict[str, list[Cost]]) -> None:
    """Print the best of the rounds as a table."""
    rounds = len(next(iter(costs.values())))
    print(f"60 KB in 1,500 pieces at 100/s, Chromium, 1280x800, following the end; best of {rounds}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; milliseconds, CPU (elapsed)")
    print("\n| answer | main thread per piece | longest task | frame time p95 |\n|---|--:|--:|--:|")
    for kind, measured in costs.items():
        best = Cost(*(min(getattr(cost, field.name) for cost in measured) for field in fields(Cost)))
        piece = f"{best.piece:.2f} ({best.piece_elapsed:.2f})"
        print(f"| {kind} | {piece} | {best.longest:.0f} ({best.longest_elapsed:.0f}) | {best.frame:.1f} |")


def main() -> None:
    """Measure what the command line names; everything without a name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[[], *TEXTS], metavar="kind", help=", ".join(TEXTS))
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    report(asyncio.run(bench(arguments.kinds or list(TEXTS), arguments.rounds)))


if __name__ == "__main__":
    main()
