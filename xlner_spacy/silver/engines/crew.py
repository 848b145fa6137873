"""Jobs divided among workers that may die, be slow, or come late.

Each worker has one job at a time, so a death costs one job, which another worker gets. When no job
is left to begin, idle workers begin those that have run longest once more; who ends first counts.
As many jobs as there are workers wait, so that none of these waits for the next job to be planned; that
many and those in work are all that is in memory.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Generic, Protocol, TypeVar

from ...errors import BackendError, SetupError, XlnerError

logger = logging.getLogger(__name__)

# Workers that a job may cost before it is held to be the cause.
TRIES = 3
# Workers that may die before they have done anything, one after the other.
FALSE_STARTS = 5
# Seconds without a worker or a result after which a warning says so.
PATIENCE = 60.0

Job = TypeVar("Job")
Made = TypeVar("Made")
Job_ = TypeVar("Job_", contravariant=True)


class WorkerLost(Exception):
    """A worker has died, or its machine has. The message says how."""


class Worker(Protocol[Job_, Made]):
    """Somebody who does one job at a time. Its futures raise WorkerLost if it has died."""

    def start(self) -> Future[None]:
        """Done when it is ready for its first job."""
        ...

    def make(self, job: Job_) -> Future[Made]: ...

    def stop(self) -> None:
        """Stop at once, in the middle of a job or before it has started."""
        ...


class Crew(Generic[Job, Made]):
    """Workers and their jobs.

    hire: Gives a new worker, which is not started.
    size (int): How many workers there are at the most.
    name: What a job is called in errors.
    """

    def __init__(
        self,
        hire: Callable[[], Worker[Job, Made]],
        size: int,
        name: Callable[[Job], str] = str,
    ) -> None:
        self.hire, self.size, self.name = hire, size, name
        self._starting: dict[Future[None], Worker[Job, Made]] = {}
        self._idle: list[Worker[Job, Made]] = []
        self._working: dict[Future[Made], tuple[Worker[Job, Made], Job]] = {}  # the oldest first
        self._outrun: dict[Future[Made], Worker[Job, Made]] = {}  # somebody else was faster
        self._waiting: deque[Job] = deque()
        self._deaths: Counter[int] = Counter()  # of a job, by its id
        self._false_starts = 0
        self._problem: XlnerError | None = None

    def distribute(self, jobs: Iterator[Job]) -> Generator[Made, None, None]:
        """Do jobs, and give back what is made of each once, in the order in which it is done.

        RAISES: BackendError for a job that costs worker after worker; SetupError if workers die as
            they start; whatever a job raises, and `jobs`, which does so when what was begun is done.
        """
        try:
            more = True
            while True:
                if more and len(self._waiting) < self.size:
                    more = self._plan(jobs)
                self._staff()
                self._give(again=not more)
                if not self._working and not self._waiting and not more:
                    break
                yield from self._collect(plan_on=more and len(self._waiting) < self.size)
            if self._problem is not None:
                raise self._problem
        finally:
            self._stop()

    def _plan(self, jobs: Iterator[Job]) -> bool:
        """Get a job. RETURNS: Whether there was one."""
        try:
            job = next(jobs, None)
        except XlnerError as error:
            self._problem = error
            return False
        if job is None:
            return False
        self._waiting.append(job)
        return True

    def _staff(self) -> None:
        """Hire for jobs that wait."""
        busy = len(self._working) + len(self._outrun)
        free = len(self._starting) + len(self._idle)
        for _ in range(min(self.size - busy, len(self._waiting)) - free):
            worker = self.hire()
            self._starting[worker.start()] = worker

    def _give(self, again: bool) -> None:
        """Give jobs to those who have none.

        again (bool): If no job waits, one that somebody else has.
        """
        while self._idle and self._waiting:
            self._begin(self._waiting.popleft())
        if again and self._idle:
            times = Counter(id(job) for _, job in self._working.values())
            alone = [job for _, job in self._working.values() if times[id(job)] == 1]
            for job in alone[: len(self._idle)]:
                self._begin(job)

    def _begin(self, job: Job) -> None:
        worker = self._idle.pop()
        self._working[worker.make(job)] = (worker, job)

    def _collect(self, plan_on: bool) -> Iterator[Made]:
        """Wait until something has ended.

        plan_on (bool): Do not wait: there is something else to do.
        """
        futures: list[Future[Any]] = [*self._working, *self._starting, *self._outrun]
        done = wait(futures, 0 if plan_on else PATIENCE, FIRST_COMPLETED).done
        if not done and not plan_on and not self._working:
            logger.warning(
                "No worker has started in %.0f seconds: they wait for free cores or for their models.",
                PATIENCE,
            )
        for future in done:
            if future in self._starting:
                self._welcome(future)
            elif future in self._working:
                yield from self._take(future)
            else:
                self._have_back(future)

    def _welcome(self, future: Future[None]) -> None:
        worker = self._starting[future]
        try:
            future.result()
        except WorkerLost as lost:
            worker.stop()
            self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                raise SetupError(
                    f"Workers die as they start, {FALSE_STARTS} of them one after the other: {lost}",
                    hint="Give them more memory, or start fewer of them on each machine (--workers, "
                    "--worker-cpus). Finished parts are kept.",
                ) from lost
        else:
            self._idle.append(worker)
        del self._starting[future]

    def _take(self, future: Future[Made]) -> Iterator[Made]:
        worker, job = self._working[future]
        try:
            made = future.result()
        except WorkerLost as lost:
            worker.stop()
            del self._working[future]
            self._lose(job, lost)
            return
        del self._working[future]
        self._idle.append(worker)
        self._false_starts = 0
        self._deaths.pop(id(job), None)
        for copy, (other, its_job) in list(self._working.items()):
            if its_job is job:
                del self._working[copy]
                self._outrun[copy] = other
        yield made

    def _have_back(self, future: Future[Made]) -> None:
        """Take no notice of what was made, for somebody else has made it."""
        worker = self._outrun.pop(future)
        if future.exception() is None:
            self._idle.append(worker)
        else:
            worker.stop()

    def _lose(self, job: Job, lost: WorkerLost) -> None:
        if any(other is job for _, other in self._working.values()):
            return  # somebody else has it
        self._deaths[id(job)] += 1
        logger.warning("A worker was lost, and %s with it, which is made again.", self.name(job))
        logger.info("%s", lost)
        if self._deaths[id(job)] >= TRIES:
            raise BackendError(
                f"{self.name(job)} has cost {TRIES} workers: {lost}",
                hint="A text in it may need more memory than a worker has, or crash its translator (see "
                "xlner.Guard.v1). Finished parts are kept: the same command goes on.",
            ) from lost
        self._waiting.appendleft(job)

    def _stop(self) -> None:
        busy = [worker for worker, _ in self._working.values()]
        for worker in (*self._starting.values(), *self._idle, *busy, *self._outrun.values()):
            worker.stop()
