"""Everything in one run.

    XLNER_DATA=... python -m benchmarks.speed [--pairs 120] [--repeats 3] [--texts 200]

writes speed.json, speed.md and speed.png into benchmarks/results.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from xlner_spacy.files import atomic_file
from xlner_spacy.pipeline import defaults

from .aligning import alignment, projection
from .given import DATA, europarl
from .growth import growth
from .machine import machine
from .matching import matching
from .memory import memory
from .quality import quality
from .recognising import recognising
from .tables import markdown, plot
from .timing import timed
from .whole import end_to_end, importing

RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Run all parts and write the three files."""
    options = _options()
    if not (DATA / "europarl_ner").is_dir():
        sys.exit(
            f"There is no gold data in {DATA}: set XLNER_DATA to a folder that has europarl_ner "
            "and uner_pud (python scripts/corpora.py fetches them into assets)."
        )
    if options.threads:
        torch.set_num_threads(options.threads)
        threadpool_limits(options.threads)
    settings = {name: value for name, value in vars(options).items() if name != "out"}
    report: dict[str, Any] = {"machine": machine(), "settings": settings}
    for name, part in _parts(options).items():
        took, report[name] = timed(part)
        print(f"{name}: {took.wall:.0f} s", flush=True)
    text = markdown(report)
    options.out.mkdir(parents=True, exist_ok=True)
    with atomic_file(options.out / "speed.json") as file:
        file.write((json.dumps(report, indent=1) + "\n").encode("utf8"))
    with atomic_file(options.out / "speed.md") as file:
        file.write(text.encode("utf8"))
    plot(report, options.out / "speed.png")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--pairs", type=int, default=120, help="of Europarl en-de; 799 are all")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--texts", type=int, default=200, help="Portuguese texts, end to end")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder to write into")
    parser.add_argument("--no-quality", action="store_true", help="leave out F1 by engine")
    parser.add_argument(
        "--threads", type=int, help="for all that is compared, where a machine has other work"
    )
    return parser.parse_args()


def _parts(options: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    gold = europarl(options.pairs)
    parts: dict[str, Callable[[], Any]] = {
        "alignment": lambda: alignment(gold, options.repeats),
        "projection": lambda: projection(gold, options.repeats),
        "matching": lambda: matching(gold, options.repeats),
        "recognising": lambda: recognising(options.texts, options.repeats),
        "growth": growth,
        "memory_mb": lambda: memory(options.pairs, options.texts),
        "import_seconds": lambda: importing(5),
    }
    if defaults.choose_translator("en", "pt").offline:
        parts["end_to_end"] = lambda: end_to_end(options.texts, options.repeats)
    if not options.no_quality:
        parts["quality"] = quality
    return parts


if __name__ == "__main__":
    main()
