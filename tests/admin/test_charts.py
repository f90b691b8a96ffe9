"""Charts: round numbers on the axis, bars of the right height, words that do not collide."""

from decimal import Decimal

import pytest

from chat.admin.charts import HEIGHT, MARKS_ON_A_PHONE, MOST_MARKS, Place, lines, share, stacked
from chat.admin.rankings import change, percent


def places(count):
    return [Place(f"{number}", f"?day={number}", f"Day {number}") for number in range(count)]


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        ("0", ["0"]),
        ("1", ["0", "0.25", "0.50", "0.75", "1.00"]),
        ("3.9", ["0", "1", "2", "3", "4"]),
        ("9.01", ["0.0", "2.5", "5.0", "7.5", "10.0"]),
        ("0.00031", ["0", "0.0001", "0.0002", "0.0003", "0.0004"]),
        ("4210", ["0", "2E+3", "4E+3", "6E+3"]),
    ],
)
def test_the_axis_has_round_numbers(highest, ticks):
    chart = stacked(places(1), [("a", [Decimal(highest)])], str)
    assert [Decimal(tick.text) for tick in chart.ticks] == [Decimal(tick) for tick in ticks]
    assert chart.ticks[0].y == HEIGHT
    assert all(tick.y >= 0 for tick in chart.ticks)


def test_columns_are_stacked_from_the_ground_up():
    chart = stacked(places(2), [("a", [Decimal(1), 0]), ("b", [Decimal(3), Decimal(2)])], str)
    first, second = chart.columns
    assert [(part.kind, float(part.y), float(part.height)) for part in first.segments] == [
        ("a", HEIGHT * 0.75, HEIGHT * 0.25),
        ("b", 0, HEIGHT * 0.75),
    ]
    assert [(part.kind, float(part.height)) for part in second.segments] == [("b", HEIGHT / 2)]
    assert (first.href, second.title) == ("?day=0", "Day 1")


def test_what_is_tiny_can_still_be_seen():
    (column, _) = stacked(places(2), [("a", [Decimal("0.0001"), Decimal(100)])], str).columns
    assert float(column.segments[0].height) >= 0.75
    assert share(1, 10**9) == "0.600%"
    assert (share(0, 5), share(0, 0), share(7, 5)) == ("0%", "0%", "100.000%")


@pytest.mark.parametrize("count", [1, 7, 30, 53, 92])
def test_words_do_not_collide(count):
    marks = stacked(places(count), [("a", [1] * count)], str).marks
    assert 1 <= len(marks) <= MOST_MARKS
    assert 1 <= sum(not mark.minor for mark in marks) <= MARKS_ON_A_PHONE


def test_a_line_is_broken_where_there_is_no_figure():
    (line,) = lines(places(4), [("a", "p50", [1.0, 2.0, None, 4.0])], str).lines
    assert [float(point.y) for point in line.points] == [HEIGHT * 0.75, HEIGHT * 0.5, 0]
    assert len(line.strokes) == 1
    assert line.points[2].title == "Day 3: p50 4.0"


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (112, 100, "+12 %"),
        (Decimal("0.92"), Decimal(1), "−8 %"),
        (100, 100, "±0 %"),
        (0, 5, "−100 %"),
        (5, 0, "new"),
        (0, 0, ""),
        (5, None, ""),
        (70, 5, "×14"),
    ],
)
def test_a_change_is_told_in_percent(now, before, said):
    assert change(now, before) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [(0, "0 %"), (50, "50 %"), (Decimal("4.21"), "4.2 %"), (Decimal("0.01"), "<0.1 %"), (100, "100 %")],
)
def test_a_part_is_told_in_percent(part, said):
    assert percent(part, 100) == said
    assert percent(part, 0) == ""
