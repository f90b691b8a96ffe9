"""The figures of the relay benchmark can be trusted: it finds what is lost, late, repeated, and what was used when."""

from math import nan

import pytest

from benchmarks import meter, processes, relay
from benchmarks.deployments import BARE
from benchmarks.meter import Meter, Pieces, stamped
from benchmarks.readers import Upstream, deltas, frames_of
from benchmarks.relay import Result, beside, middle, report
from chat.simulator import Simulator

MS = 1_000_000


def test_it_reads_how_late_each_token_is_however_they_were_cut_into_frames():
    assert stamped([(5 * MS, f" 0:{MS} 1:{2 * MS}"), (9 * MS, f" 2:{8 * MS}")]) == [
        (5 * MS, 4),
        (5 * MS, 3),
        (9 * MS, 1),
    ]


@pytest.mark.parametrize("second", [0, 1])
def test_a_token_that_comes_twice_or_too_late_is_an_error(second):
    with pytest.raises(RuntimeError, match=f"Token {second} came after token 1"):
        stamped([(0, " 1:0"), (0, f" {second}:0")])


def test_it_counts_what_was_lost_and_what_arrived_while_all_streams_ran():
    answers = [[(at, f" {number}:0") for number, at in enumerate(times)] for times in ([1, 4, 6], [3, 5])]
    pieces = Pieces.of(answers, expected=3)
    assert pieces.lost == 1
    assert pieces.together == (3, 5)
    assert pieces.within(*pieces.together) == 3


def test_an_event_arrives_with_its_last_byte():
    assert frames_of([(1, b"data: a\n\ndata"), (2, b": b\n"), (3, b"\n")]) == [(1, "data: a"), (3, "data: b")]


@pytest.mark.parametrize("last", ['{"type":"refused","code":"too_fast"}', '{"type":"ended","state":"failed"}'])
def test_an_answer_that_did_not_come_to_its_end_is_an_error(last):
    with pytest.raises(RuntimeError, match=r"too_fast|failed"):
        deltas([(1, '{"type":"delta","text":" 0:0"}'), (2, last)])


def test_it_tells_what_a_process_used_between_two_moments(monkeypatch):
    monkeypatch.setattr(meter, "processor_seconds", lambda pid: 0.0)
    read = Meter([1])
    read._samples = [(1, 0.5), (2, 0.75), (3, 1.0), (4, 3.0)]
    assert read.seconds(2, 3) == 0.25


def test_it_reads_the_processor_time_of_a_process():
    assert processes.processor_seconds(1) >= 0


async def test_the_measuring_alone_loses_nothing_and_is_hardly_late():
    async with Simulator() as simulator, Upstream(simulator.url) as reader:
        pieces = await relay.ask([reader], 20)
    assert pieces.lost == 0
    assert len(pieces.answers[0]) == 20
    assert 0 <= pieces.late(0.5) < 1000


def test_it_sets_each_cost_beside_the_bare_endpoints():
    rounds = [Result(1, 2, 3, 4, 100, nan, 1), Result(1, 2, 3, 4, 50, nan, 1)]
    *_, bare, ours = report(100, {BARE: Result(1, 2, 3, 4, 200, 400, 0), "ours": middle(rounds)})
    assert beside(75, nan) == beside(75, None) == "75"
    assert "200 (1.00x) | 400 (1.00x) | 0 |" in bare
    assert "| 75 (0.38x) |  | 2 |" in ours


def test_an_answer_of_which_nothing_came_does_not_hide_when_the_others_ran():
    pieces = Pieces.of([[(1, " 0:0"), (4, " 1:0")], []], expected=2)
    assert (pieces.lost, pieces.together) == (2, (1, 4))
