"""Charts as geometry: templates draw them as SVG, with attributes and classes only.

Across, everything is in percent of the width, so that text keeps its size on a phone; down, in pixels from the top.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

HEIGHT = 180
"""Of what is drawn, in pixels."""
TICKS = 4
MOST_MARKS, MARKS_ON_A_PHONE = 12, 4
BROADEST = 8.0  # percent of the width, where there are few columns
_GAP = 0.22  # of a column's place is between it and the next
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
Number = Decimal | float | int


class Tick(NamedTuple):
    """A round number on the axis."""

    y: float
    text: str


class Mark(NamedTuple):
    """A word under the axis; ``minor`` ones are left out where there is little room."""

    x: str
    text: str
    minor: bool


class Segment(NamedTuple):
    """A part of a column; ``kind`` is the class that colours it."""

    y: str
    height: str
    kind: str


@dataclass(frozen=True)
class Column:
    """A bar that stands, in parts from the ground up; ``title`` says it in words."""

    x: str
    width: str
    href: str
    title: str
    segments: list[Segment] = field(default_factory=list)


class Point(NamedTuple):
    """A figure on a line."""

    x: str
    y: str
    href: str
    title: str


class Stroke(NamedTuple):
    """From one point to the next."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class Line:
    """Points that belong together; where figures are missing, strokes are."""

    kind: str
    points: list[Point]
    strokes: list[Stroke]


@dataclass(frozen=True)
class Place:
    """One place on the axis across: a day, a week, a month."""

    label: str
    href: str
    title: str


@dataclass(frozen=True)
class Chart:
    """What both kinds of charts have."""

    ticks: list[Tick]
    marks: list[Mark]
    columns: list[Column] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    height: int = HEIGHT


def stacked(
    places: Sequence[Place], series: Sequence[tuple[str, Sequence[Number]]], say: Callable[[Number], str]
) -> Chart:
    """Columns, one for each place; ``series`` are classes with a figure for each place, none below zero."""
    sums = [sum((Decimal(values[number]) for _, values in series), Decimal(0)) for number in range(len(places))]
    top, ticks = _axis(max(sums, default=Decimal(0)), say)
    wide = 100 / max(1, len(places))
    broad = min(wide * (1 - _GAP), BROADEST)
    columns = []
    for number, place in enumerate(places):
        column = Column(_percent((number + 0.5) * wide - broad / 2), _percent(broad), place.href, place.title)
        ground = Decimal(0)
        for kind, values in series:
            if value := Decimal(values[number]):
                upper, lower = _y(ground + value, top), _y(ground, top)
                column.segments.append(Segment(f"{upper:.2f}", f"{max(lower - upper, 0.75):.2f}", kind))
                ground += value
        columns.append(column)
    return Chart(ticks, _marks(places), columns=columns)


def lines(
    places: Sequence[Place], series: Sequence[tuple[str, str, Sequence[float | None]]], say: Callable[[Number], str]
) -> Chart:
    """Lines through the middle of the places; ``series`` are class, name and figures, ``None`` where there is none."""
    known = [value for _, _, values in series for value in values if value is not None]
    top, ticks = _axis(Decimal(max(known, default=0)), say)
    wide = 100 / max(1, len(places))
    drawn = []
    for kind, name, values in series:
        points = [
            None
            if value is None
            else Point(
                _percent((number + 0.5) * wide),
                f"{_y(Decimal(value), top):.2f}",
                place.href,
                f"{place.title}: {name} {say(value)}",
            )
            for number, (place, value) in enumerate(zip(places, values, strict=True))
        ]
        strokes = [Stroke(one.x, one.y, other.x, other.y) for one, other in pairwise(points) if one and other]
        drawn.append(Line(kind, [point for point in points if point], strokes))
    return Chart(ticks, _marks(places), lines=drawn)


def share(part: Number, whole: Number) -> str:
    """How wide a bar is that lies, in percent; one that stands for something can be seen."""
    if not part or not whole:
        return "0%"
    return _percent(max(0.6, min(100.0, float(part) / float(whole) * 100)))


def _axis(highest: Decimal, say: Callable[[Number], str]) -> tuple[Decimal, list[Tick]]:
    """The top of the axis and its round numbers, from zero on."""
    if highest <= 0:
        return Decimal(1), [Tick(HEIGHT, say(0))]
    rough = highest / TICKS
    power = Decimal(1).scaleb(math.floor(math.log10(rough)))
    step = next(each * power for each in _STEPS if each * power >= rough * Decimal("0.999"))
    count = math.ceil(highest / step)
    top = step * count
    return top, [Tick(round(_y(step * number, top), 2), say(step * number)) for number in range(count + 1)]


def _y(value: Decimal, top: Decimal) -> float:
    return HEIGHT * (1 - float(value / top))


def _marks(places: Sequence[Place]) -> list[Mark]:
    wide = 100 / max(1, len(places))
    every = max(1, math.ceil(len(places) / MOST_MARKS))
    shown = range(0, len(places), every)
    rarely = max(1, math.ceil(len(shown) / MARKS_ON_A_PHONE))
    return [
        Mark(_percent((number + 0.5) * wide), places[number].label, order % rarely != 0)
        for order, number in enumerate(shown)
    ]


def _percent(number: float) -> str:
    return f"{number:.3f}%"
