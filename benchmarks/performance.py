"""`python -m benchmarks.performance`: run the server's benchmarks and write `docs/performance.md` with its plots.

Half an hour on two cores that do nothing else.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pygal
from pygal.style import Style

from benchmarks.deployments import DEPLOYMENTS
from benchmarks.processes import ROOT

DOCS = ROOT / "docs"
FIGURES = ROOT / "build" / "relay.json"
STREAMS = ("1", "25", "50", "100", "200", "400")
RELAY = ("relay", "--streams", *STREAMS)
HEAD = """# What it costs the machine

Written by `python -m benchmarks.performance` on {date}: {cores} cores, Python {python}, Linux {kernel}.
Simulator, servers and readers share the machine, so the ratios within one table hold, and the milliseconds are those
of a machine that is busy. `make bench` prints the same for yours. What a table measures stands at the head of its
module in `benchmarks/`.
"""
SECTIONS = {
    "A token, from the API to the browser": RELAY,
    "Stop, on another process": ("stops",),
    "Memory": ("memory",),
    "Long conversations": ("long_chat",),
}
COLOURS = ("#8a8a8a", "#0f766e", "#5eb8ad", "#b45309", "#e0a458", "#b91c1c")  # one for each of `DEPLOYMENTS`
PLOTS = {
    "performance-processor.svg": ("Processor time for a token (µs)", "steady"),
    "performance-lateness.svg": ("Lateness of the 99th percentile (ms)", "p99"),
}


def main() -> None:
    """Measure, or with ``--plots`` only draw what was measured last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", action="store_true", help="draw the plots of the last run, and no more")
    FIGURES.parent.mkdir(exist_ok=True)
    if not parser.parse_args().plots:
        (DOCS / "performance.md").write_text(document(), encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    for name, (title, figure) in PLOTS.items():
        plot(title, figures, lambda result, figure=figure: result[figure]).render_to_file(str(DOCS / name))


def document() -> str:
    """The whole page, measured now."""
    about = {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}
    parts = [HEAD.format(date=datetime.now(tz=UTC).date(), **about)]
    for title, (name, *options) in SECTIONS.items():
        command = ["python", "-m", "benchmarks", name, *options]
        parts.append(f"## {title}\n\n`{' '.join(command)}`\n\n{measured(name, *options)}")
        if name == RELAY[0]:
            parts += [f"![{plotted}]({file})" for file, (plotted, _) in PLOTS.items()]
    return "\n\n".join(parts) + "\n"


def measured(name: str, *options: str) -> str:
    """What a benchmark prints; it is shown meanwhile, too."""
    more = ("--json", str(FIGURES)) if name == RELAY[0] else ()
    command = [sys.executable, "-m", f"benchmarks.{name}", *options, *more]
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{name} failed.")
    return "".join(lines).strip()


def plot(
    title: str, figures: dict[str, dict[str, dict[str, float]]], figure: Callable[[dict[str, float]], float]
) -> pygal.Line:
    """One line for each deployment, over the number of streams."""
    chart = pygal.Line(
        title=title,
        x_title="streams of 40 tokens/s",
        logarithmic=True,
        style=Style(font_family="sans-serif", background="white", plot_background="white", colors=COLOURS),
        js=[],
        stroke_style={"width": 2},
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        width=900,
        height=600,
    )
    chart.x_labels = list(figures)
    for name in DEPLOYMENTS:
        values = [figure(results[name]) for results in figures.values()]
        # NaN is how a figure is written that there is none of.
        chart.add(name, [value if value > 0 else None for value in values])
    return chart


if __name__ == "__main__":
    main()
