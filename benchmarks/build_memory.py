"""Memory and rate of `xlner build` on many texts, with backends that cost nothing.

    python benchmarks/build_memory.py [N_TEXTS]

What is measured is the build itself: reading, batching, matching, choosing, writing. The
translator gives the text back, the source annotator takes capitalised words, the aligner
links the k-th words. Every text has words that no text before it had. Writes
benchmarks/results/build_memory.json.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import spacy

from xlner_spacy.files import write_json
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.selection import Selection
from xlner_spacy.types import Link, Mention

RESULT = Path(__file__).parent / "results" / "build_memory.json"


def texts(count: int) -> Iterator[str]:
    """Sentences of 12 words: some of a common stock, some new, two capitalised."""
    rng = random.Random(0)
    stock = ["".join(rng.choices("abcdefgilmnoprstuv", k=6)) for _ in range(5000)]
    for number in range(count):
        words = rng.choices(stock, k=9)
        words += [f"novo{number}", f"Nome{number}", rng.choice(stock).capitalize()]
        rng.shuffle(words)
        yield " ".join(words) + "."


def same(batch: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
    """A translator."""
    return list(batch)


def capitalised(batch: Sequence[str]) -> list[list[Mention]]:
    """A source annotator."""
    return [[Mention(*m.span(), "PER") for m in re.finditer(r"[A-Z]\w+", t)] for t in batch]


def diagonal(pairs: Sequence[tuple[list[str], list[str]]], **languages: str) -> list[list[Link]]:
    """An aligner."""
    return [[Link(k, k, 1.0) for k in range(min(len(s), len(t)))] for s, t in pairs]


def resident_mb() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main(count: int) -> None:
    """Build, and watch the memory each time a tenth of the texts is done."""
    nlp = spacy.blank("pt")
    component = nlp.add_pipe("xl_projector")
    component.use(translator=same, annotator=capitalised, aligner=diagonal)
    with tempfile.TemporaryDirectory() as folder:
        raw, output = Path(folder, "raw.jsonl"), Path(folder, "silver")
        with raw.open("w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts(count))
        options = BuildOptions(shard_size=1000)
        samples: list[dict[str, float]] = []
        done = threading.Event()
        started = time.perf_counter()

        def watch() -> None:
            while not done.wait(0.2):
                parts = len(list(output.glob("parts/*.json")))
                if parts * options.shard_size >= (len(samples) + 1) * count / 10:
                    samples.append(
                        {"texts": parts * options.shard_size, "mb": round(resident_mb(), 1)}
                    )

        watcher = threading.Thread(target=watch)
        watcher.start()
        result = build([raw], output, nlp, options, Selection(), progress=True)
        done.set()
        watcher.join()
        seconds = time.perf_counter() - started
    texts_read = result["counts"]["texts"]["read"]
    report = {"texts": texts_read, "seconds": round(seconds, 1), "resident": samples}
    write_json(RESULT, report)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
