"""Memory of a process that takes many texts through the default pipeline, in `nlp.pipe`.

    XLNER_DATA=... python benchmarks/pipe_memory.py [N_TEXTS] [ROUNDS]

The texts are the sentences of UNER Bosque's training data (7,018), taken through the pipeline in
batches of 64, then the first tenth of them again ROUNDS times: what grows with new words must
stop growing when no new ones come. Writes benchmarks/results/pipe_memory.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import spacy
from spacy.language import Language

from benchmarks.speed.given import DATA
from xlner_spacy.corpus.conll import stream_conll
from xlner_spacy.files import write_json

RESULT = Path(__file__).parent / "results" / "pipe_memory.json"
STEP = 500


def resident() -> float:
    """Memory of this process in MB, as the system counts it."""
    status = Path("/proc/self/status").read_text().splitlines()
    (row,) = [row for row in status if row.startswith("VmRSS")]
    return round(int(row.split()[1]) / 1024, 1)


def measured(nlp: Language, texts: Sequence[str], name: str) -> list[dict[str, float]]:
    """Memory after each STEP of texts."""
    rows: list[dict[str, float]] = []
    for number, _ in enumerate(nlp.pipe(texts, batch_size=64), 1):
        if number % STEP == 0 or number == len(texts):
            rows.append({"texts": number, "mb": resident()})
            print(f"{name}: {number} of {len(texts)}, {rows[-1]['mb']:.0f} MB", flush=True)
    return rows


def main() -> None:
    """Run it and write the result."""
    count, rounds = (int(n) for n in (*sys.argv[1:], "7018", "5")[:2])
    gold = stream_conll(DATA / "uner_portuguese_bosque" / "pt_bosque-ud-train.iob2")
    texts = [sentence.text or " ".join(sentence.words) for sentence in islice(gold, count)]
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector")
    start, started = resident(), time.monotonic()
    new = measured(nlp, texts, "new texts")
    again = [measured(nlp, texts[: count // 10], f"again {n + 1}")[-1] for n in range(rounds)]
    report = {
        "texts": len(texts),
        "before": start,
        "new": new,
        "again": again,
        "seconds": round(time.monotonic() - started, 1),
    }
    write_json(RESULT, report)


if __name__ == "__main__":
    main()
