"""Percentiles from counts by bucket are those of the numbers, to within a bucket."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.reports.histogram import GROWTH, percentile, together


def counted(numbers):
    histogram = {}
    for number in numbers:
        key = math.floor(math.log(number) / math.log(GROWTH))
        histogram[key] = histogram.get(key, 0) + 1
    return histogram


@given(st.lists(st.floats(0.01, 1e4), min_size=1), st.sampled_from([1, 50, 95, 100]))
def test_a_percentile_is_that_of_the_numbers(numbers, percent):
    exact = sorted(numbers)[math.ceil(len(numbers) * percent / 100) - 1]
    assert percentile(counted(numbers), percent) == pytest.approx(exact, rel=0.0151)


def test_of_nothing_there_is_none():
    assert percentile({}, 50) is None


def test_days_are_added():
    assert together([{1: 2, 2: 3}, {2: 1, 5: 4}]) == {1: 2, 2: 4, 5: 4}
