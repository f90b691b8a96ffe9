"""The figures of the page benchmark can be trusted: they are of the page's own main thread, and of all the text."""

import pytest

from benchmarks.browser import Task, Trace, main_thread_tasks
from benchmarks.page import percentile
from benchmarks.texts import KINDS, LENGTH, text


def named(pid, tid, name):
    return {"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}


def task(pid, tid, cpu, elapsed):
    return {"name": "RunTask", "ph": "X", "pid": pid, "tid": tid, "ts": 0, "tdur": cpu * 1000, "dur": elapsed * 1000}


def test_it_reads_the_tasks_of_the_busiest_main_thread():
    threads = [named(1, 1, "CrRendererMain"), named(2, 1, "CrRendererMain"), named(2, 2, "Compositor")]
    tasks = [task(1, 1, 1, 2), task(2, 1, 3, 4), task(2, 1, 2, 9), task(2, 2, 50, 50)]
    assert main_thread_tasks([*threads, *tasks])[1:] == [Task(3, 4), Task(2, 9)]


def test_the_longest_task_is_that_of_each_clock():
    trace = Trace([Task(3, 4), Task(2, 9)])
    assert (trace.cpu, trace.elapsed, trace.longest) == (5, 13, Task(3, 9))


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_as_long_as_the_others(kind):
    assert len(text(kind)) == LENGTH
    assert text(kind).isascii()


def test_it_tells_the_share_of_frames_that_were_quicker():
    assert percentile([float(number) for number in range(100)], 95) == 95
