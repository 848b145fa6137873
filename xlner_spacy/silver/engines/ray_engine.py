"""Parts made by the workers of a Ray cluster: `xlner build --engine ray`.

A worker is an actor with a pipeline of its own. It is sent texts and sends back shards; it neither
reads the input nor writes the output, so the machines need no file system in common.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import SetupError, install_hint
from ...settings import check_setting
from ..planning import PlannedPart
from ..shards import MadePart
from .crew import Crew, WorkerLost
from .engine import Order
from .part_maker import PackedPart, blueprint, pack_part
from .ray_cluster import connected, import_ray


@dataclass(frozen=True)
class RayEngine:
    """Makes parts on a Ray cluster.

    address (str): Of the cluster: "host:6379", "ray://host:10001", or "auto" for the one on this machine.
        None: one is started on this machine for as long as the build takes.
    workers (int): How many at the most. None: as many as the cluster has cores for.
    worker_cpus (int): Cores of each; its models use that many threads.
    worker_gpus (float): GPUs of each.
    code (Path): A Python file that registers functions which the pipeline's config names.

    RAISES: SetupError for values out of range, and if Ray is not installed.
    """

    address: str | None = None
    workers: int | None = None
    worker_cpus: int = 1
    worker_gpus: float = 0
    code: Path | None = None

    def __post_init__(self) -> None:
        valid = self.workers is None or self.workers > 0
        check_setting("build", "workers", self.workers, valid, "greater than 0")
        positive = self.worker_cpus > 0
        check_setting("build", "worker_cpus", self.worker_cpus, positive, "greater than 0")
        check_setting("build", "worker_gpus", self.worker_gpus, self.worker_gpus >= 0, "0 or more")
        import_ray()

    def make(
        self, parts: Iterator[PlannedPart], order: Order, progress: Callable[[int], object]
    ) -> Generator[MadePart, None, None]:
        """As of `Engine`. A cluster is asked for when the first part that is to be made is known.

        RAISES: SetupError for a cluster that cannot be reached or used; BackendError for a part that
            costs worker after worker; what making a part raises.
        """
        plan = blueprint(order, self.code)
        packed = map(pack_part, parts)
        first = next(packed, None)
        if first is None:
            return
        with connected(self.address, self.workers, self.worker_cpus, self.worker_gpus) as size:
            hire = _hiring(pickle.dumps(plan), self.worker_cpus, self.worker_gpus)
            crew: Crew[PackedPart, bytes] = Crew(hire, size, lambda part: f"part {part.number}")
            with closing(crew.distribute(_again(first, packed))) as results:
                for result in results:
                    made: MadePart = pickle.loads(result)
                    progress(made.record["n_texts"])
                    yield made


def _again(first: PackedPart, others: Iterator[PackedPart]) -> Iterator[PackedPart]:
    yield first
    yield from others


class _RayWorker:
    """A worker of a crew: an actor."""

    def __init__(self, actor: Any, plan: Any, threads: int) -> None:
        self._actor, self._plan, self._threads = actor, plan, threads

    def start(self) -> Future[None]:
        return _translated(self._actor.start.remote(self._plan, self._threads))

    def make(self, job: PackedPart) -> Future[bytes]:
        return _translated(self._actor.make.remote(pickle.dumps(job)))

    def stop(self) -> None:
        ray = import_ray()
        with suppress(ray.exceptions.RayError, ValueError):  # it is dead already
            ray.kill(self._actor, no_restart=True)


def _hiring(plan: bytes, cpus: int, gpus: float) -> Callable[[], _RayWorker]:
    ray = import_ray()
    sent = ray.put(plan)  # once a machine, however many workers it has
    # A worker that is lost is replaced by the crew, which knows whether it is needed.
    options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": 0, "max_task_retries": 0}
    actor = ray.remote(**options)(_actor_class())
    return lambda: _RayWorker(actor.remote(), sent, cpus)


def _actor_class() -> type:
    """The class of actors. Made in a function, it is sent whole, not by the name of our module, so that a
    machine without our package can say so."""

    class SilverPartMaker:
        def start(self, plan: bytes, threads: int) -> None:
            import os
            import pickle

            os.environ["XLNER_THREADS"] = str(threads)  # Ray sets what torch reads
            from xlner_spacy.silver.engines.part_maker import PartMaker

            self.maker = PartMaker(pickle.loads(plan))

        def make(self, job: bytes) -> bytes:
            import pickle

            return pickle.dumps(self.maker.make(pickle.loads(job)))

    return SilverPartMaker


def _translated(ref: Any) -> Future[Any]:
    """The future of a Ray object, with the errors that a crew knows."""
    answer: Future[Any] = Future()

    def finish(done: Future[Any]) -> None:
        error = done.exception()
        if error is None:
            answer.set_result(done.result())
        else:
            answer.set_exception(_our_error(error))

    ref.future().add_done_callback(finish)
    return answer


def _our_error(error: BaseException) -> BaseException:
    exceptions = import_ray().exceptions
    if isinstance(error, exceptions.RayTaskError):
        cause = error.cause
        if isinstance(cause, ImportError):
            return SetupError(
                f"A worker lacks a package: {cause}",
                hint="On each machine of the cluster install the same as here: xlner-spacy with the extras "
                f"that the pipeline needs, and {install_hint('ray')}",
            )
        return cause if isinstance(cause, BaseException) else error
    lost = (
        exceptions.RayActorError,
        exceptions.NodeDiedError,
        exceptions.ObjectLostError,
        exceptions.WorkerCrashedError,
        exceptions.OutOfMemoryError,
    )
    if isinstance(error, lost):
        return WorkerLost(_reason(error))
    return error


def _reason(error: BaseException) -> str:
    """What Ray says of a death, in one line."""
    text = re.sub(r"\s+", " ", str(error)).strip()
    return text[:400] or type(error).__name__
