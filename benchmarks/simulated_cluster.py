"""A million texts on a simulated cluster of 50 workers that are slow, late, or die.

    python benchmarks/simulated_cluster.py [N_TEXTS] [TEXTS_A_SECOND]

All that the driver of `xlner build --engine ray` does is real: it reads, tokenizes, finds duplicates, packs parts, divides
them among a crew, writes shards and the manifest. Only the workers are simulated: timers, which send back the texts as
they got them. A worker makes so many texts a second (22: what one core does of the default pipeline), give or take
a fifth. Of the parts, 5 % end with the death of their worker and 2 % take five times as long; 2 of 50 workers are
three times slower; a worker takes 10 seconds to start. The ideal is what the workers would take without all
this. Writes benchmarks/results/simulated_cluster.json.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import spacy
from spacy.attrs import ORTH
from spacy.strings import StringStore
from spacy.tokens import DocBin

from benchmarks.build_memory import resident_mb
from xlner_spacy.files import write_json
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.engines.crew import Crew, WorkerLost
from xlner_spacy.silver.engines.part_maker import PackedPart, pack_part
from xlner_spacy.silver.planning import PlannedPart
from xlner_spacy.silver.selection import Selection
from xlner_spacy.silver.shards import MadePart, PackedShard
from xlner_spacy.silver.totals import Totals

RESULT = Path(__file__).parent / "results" / "simulated_cluster.json"
WORKERS, PART = 50, 1000
DEATHS, STRAGGLERS, STRAGGLING, SLOW_WORKERS, SLOWNESS, START = 0.05, 0.02, 5.0, 2, 3.0, 10.0


class SimulatedWorker:
    """Waits as long as the work would take, and may die meanwhile."""

    def __init__(self, cluster: SimulatedCluster, slowness: float) -> None:
        self.cluster, self.slowness = cluster, slowness
        self._timer: threading.Timer | None = None

    def start(self) -> Future[None]:
        return self._after(START, lambda: None)

    def make(self, job: PackedPart) -> Future[MadePart]:
        rng = self.cluster.rng
        seconds = job.n_texts / self.cluster.rate * self.slowness * rng.lognormvariate(0, 0.2)
        if rng.random() < STRAGGLERS:
            seconds *= STRAGGLING
            self.cluster.happened["stragglers"] += 1
        if rng.random() < DEATHS:
            self.cluster.happened["deaths"] += 1
            return self._after(seconds * rng.random(), self._die)
        return self._after(seconds, lambda: _made(job))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _die(self) -> Any:
        raise WorkerLost("simulated")

    def _after(self, seconds: float, what: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def ring() -> None:
            try:
                future.set_result(what())
            except WorkerLost as lost:
                future.set_exception(lost)

        self._timer = threading.Timer(seconds, ring)
        self._timer.daemon = True
        self._timer.start()
        return future


class SimulatedCluster:
    """An engine. rate (float): Texts that a worker makes in a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.rng = random.Random(0)
        self.hired = 0
        self.happened = {"deaths": 0, "stragglers": 0}

    def make(
        self, parts: Iterator[PlannedPart], order: Any, progress: Any
    ) -> Generator[MadePart, None, None]:
        crew: Crew[PackedPart, MadePart] = Crew(
            self._hire, WORKERS, lambda part: f"part {part.number}"
        )
        with closing(crew.distribute(map(pack_part, parts))) as results:
            for made in results:
                progress(made.record["n_texts"])
                yield made

    def _hire(self) -> SimulatedWorker:
        self.hired += 1
        return SimulatedWorker(self, SLOWNESS if self.hired <= SLOW_WORKERS else 1.0)


def _made(job: PackedPart) -> MadePart:
    totals = Totals()
    totals.counts["texts"].update({"read": job.n_texts, "train": job.n_texts})
    shards = {"train": PackedShard(job.n_texts, job.texts)}
    return MadePart(
        job.number, job.input_sha256, shards, {"n_texts": job.n_texts, **totals.result()}
    )


def _write_texts(file: Path, count: int) -> None:
    """Texts of four words; the first is the number of the text."""
    rng = random.Random(0)
    stock = ["".join(rng.choices("abcdefgilmnoprstuv", k=6)) for _ in range(500)]
    with file.open("w") as lines:
        for number in range(count):
            words = " ".join([str(number), *rng.choices(stock, k=3)])
            lines.write(json.dumps({"text": words}) + "\n")


def _lost_and_doubled(folder: Path, count: int) -> tuple[int, int]:
    times = bytearray(count)
    for file in sorted((folder / "train").glob("*.spacy")):
        shard = DocBin().from_disk(file)
        strings, column = StringStore(shard.strings), shard.attrs.index(ORTH)
        for tokens in shard.tokens:
            times[int(strings[int(tokens[0, column])])] += 1
    return times.count(0), count - times.count(0) - times.count(1)


def main(count: int, rate: float) -> None:
    """Build, and watch the driver's memory."""
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector")
    cluster = SimulatedCluster(rate)
    with tempfile.TemporaryDirectory() as place:
        raw, output = Path(place, "raw.jsonl"), Path(place, "silver")
        _write_texts(raw, count)
        samples: list[dict[str, float]] = []
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.5):
                texts = len(list(output.glob("parts/*.json"))) * PART
                if texts >= (len(samples) + 1) * count / 10:
                    samples.append({"texts": texts, "mb": round(resident_mb(), 1)})

        watcher = threading.Thread(target=watch)
        watcher.start()
        started, used = time.perf_counter(), time.process_time()
        result = build(
            [raw],
            output,
            nlp,
            BuildOptions(shard_size=PART),
            Selection(),
            engine=cluster,
            progress=True,
        )
        seconds, used = time.perf_counter() - started, time.process_time() - used
        done.set()
        watcher.join()
        lost, doubled = _lost_and_doubled(output, count)
    ideal = count / rate / WORKERS
    report = {
        "texts": result["counts"]["texts"]["read"],
        "workers": WORKERS,
        "texts_a_second_and_worker": rate,
        "hired": cluster.hired,
        **cluster.happened,
        "lost": lost,
        "doubled": doubled,
        "seconds": round(seconds, 1),
        "ideal_seconds": round(ideal, 1),
        "ratio": round(seconds / ideal, 3),
        "driver_cpu_seconds": round(used, 1),
        "resident": samples,
    }
    write_json(RESULT, report)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        float(sys.argv[2]) if len(sys.argv) > 2 else 22.0,
    )
