"""Jobs divided among workers in threads, which die, are slow, or come late."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from xlner_spacy.errors import BackendError, InputError, SetupError
from xlner_spacy.silver.engines.crew import Crew, WorkerLost


class ThreadWorker:
    """Does jobs by calling a function in a thread of its own."""

    def __init__(self, do, start=lambda: None):
        self._do, self._start = do, start
        self._pool = ThreadPoolExecutor(1)
        self.stopped = threading.Event()

    def start(self):
        return self._pool.submit(self._start)

    def make(self, job):
        return self._pool.submit(self._do, job)

    def stop(self):
        self.stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def crew_of(size, do, start=lambda: None):
    workers = []

    def hire():
        workers.append(ThreadWorker(do, start))
        return workers[-1]

    return Crew(hire, size, lambda job: f"part {job}"), workers


def test_every_job_is_done_once_whoever_dies():
    tries = Counter()
    lock = threading.Lock()

    def do(job):
        with lock:
            tries[job] += 1
            first = tries[job] == 1
        if job % 5 == 0 and first:
            raise WorkerLost("killed")
        return job * 2

    crew, workers = crew_of(4, do)
    assert sorted(crew.distribute(iter(range(60)))) == [job * 2 for job in range(60)]
    assert all(tries[job] >= 2 for job in range(0, 60, 5))
    assert len(workers) >= 4 + 12 - 4
    assert all(worker.stopped.is_set() for worker in workers)


def test_no_more_workers_than_jobs_are_hired():
    crew, workers = crew_of(50, lambda job: job)
    assert sorted(crew.distribute(iter(range(3)))) == [0, 1, 2]
    assert len(workers) <= 3
    crew, workers = crew_of(50, lambda job: job)
    assert list(crew.distribute(iter(()))) == []
    assert workers == []


def test_a_job_that_kills_is_named_and_its_neighbours_are_not_blamed():
    def do(job):
        if job == 3:
            raise WorkerLost("out of memory")
        return job

    crew, workers = crew_of(2, do)
    done = []
    with pytest.raises(BackendError, match=r"part 3 has cost 3 workers: out of memory"):
        done.extend(crew.distribute(iter(range(10))))
    assert {0, 1, 2} <= set(done)
    assert 3 not in done
    assert all(worker.stopped.is_set() for worker in workers)


def test_workers_that_never_start_end_the_run():
    def start():
        raise WorkerLost("killed by SIGKILL")

    crew, _ = crew_of(2, lambda job: job, start)
    with pytest.raises(SetupError, match=r"die as they start, 5 .*SIGKILL"):
        list(crew.distribute(iter(range(3))))


def test_an_error_of_a_job_or_of_a_start_is_raised_as_it_is():
    def fail(*_):
        raise InputError("'LOC' is not in the label map")

    for crew, workers in (crew_of(2, fail), crew_of(2, lambda job: job, fail)):
        with pytest.raises(InputError, match="LOC"):
            list(crew.distribute(iter(range(3))))
        assert all(worker.stopped.is_set() for worker in workers)


def test_what_was_begun_is_finished_before_a_bad_input_is_reported():
    def jobs():
        yield from range(3)
        raise InputError("texts.jsonl, line 4: not JSON")

    crew, _ = crew_of(2, lambda job: time.sleep(0.05) or job)
    done = []
    with pytest.raises(InputError, match="line 4"):
        done.extend(crew.distribute(jobs()))
    assert sorted(done) == [0, 1, 2]


def test_a_straggler_is_not_waited_for():
    """Its last job is done by another one, and comes out once."""
    released = threading.Event()
    calls = Counter()

    def do(job):
        calls[job] += 1
        if job == 0 and calls[job] == 1:
            released.wait(30)
        return job

    crew, _ = crew_of(3, do)
    started = time.monotonic()
    assert sorted(crew.distribute(iter(range(12)))) == list(range(12))
    assert time.monotonic() - started < 10
    released.set()


def test_a_late_worker_does_not_hold_up_the_others():
    late = threading.Event()
    first = iter([True])

    def start():
        if not next(first, False):
            late.wait(30)

    crew, _ = crew_of(3, lambda job: job, start)
    assert sorted(crew.distribute(iter(range(20)))) == list(range(20))
    late.set()


def test_only_a_few_jobs_are_planned_ahead():
    """However many there are: what is in memory does not grow with the input."""
    planned, finished, most = 0, 0, 0

    def jobs():
        nonlocal planned
        for job in range(500):
            planned += 1
            yield job

    crew, _ = crew_of(4, lambda job: time.sleep(0.001) or job)
    for _ in crew.distribute(jobs()):
        finished += 1
        most = max(most, planned - finished)
    assert finished == 500
    assert most <= 3 * 4


def test_stopped_in_the_middle_all_workers_are_let_go():
    crew, workers = crew_of(3, lambda job: time.sleep(0.01) or job)
    results = crew.distribute(iter(range(1000)))
    next(results)
    results.close()
    assert all(worker.stopped.is_set() for worker in workers)


def test_futures_that_are_done_at_once_are_no_trouble():
    class Immediate(ThreadWorker):
        def make(self, job):
            done = Future()
            done.set_result(job)
            return done

    crew = Crew(lambda: Immediate(None), 3)
    assert sorted(crew.distribute(iter(range(100)))) == list(range(100))
