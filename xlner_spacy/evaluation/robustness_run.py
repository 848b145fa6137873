"""`xlner evaluate robustness`: pipelines on clean and changed gold texts, cell by cell."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import is_package
from tqdm import tqdm

from ..corpus.gold import read_gold
from ..errors import InputError
from ..files import make_folder
from ..perturbations.labelled import Labelled, labelled
from ..perturbations.on_docs import read_labels
from ..silver.manifest import versions
from ..text.languages import check_language, tokenizer
from .copies import Copies, Copy, Material, make_copies
from .kept_findings import Found, made_of, read_found, write_found
from .name_files import read_names
from .pipeline_names import named_pipelines
from .predicting import load_to_measure
from .robustness import Pair, Row, find, pairs_of, rows_of
from .suite import SUITES

logger = logging.getLogger(__name__)

FILE = "robustness.json"
CELLS = "cells"


@dataclass(frozen=True)
class Outcome:
    """All figures.

    rows, pairs: See there.
    left_out: Changes that could not be made, and why.
    notes: What a reader of the figures should know.
    settings: Of the run.
    """

    rows: list[Row]
    pairs: list[Pair]
    left_out: dict[str, str]
    notes: list[str]
    settings: dict[str, Any]


def evaluate_robustness(
    pipelines: Sequence[str],
    gold_file: Path,
    lang: str,
    folder: Path,
    *,
    suite: str = "quick",
    seeds: int = 3,
    names_file: Path | None = None,
    foreign_file: Path | None = None,
    train_file: Path | None = None,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> Outcome:
    """Measure pipelines on gold texts and on changed copies of them.

    What a pipeline has found in a copy is kept in the folder, and is not made again while the pipeline's
    files, the copy and the versions of the packages are the same.

    pipelines: Packages, folders or configs (.cfg), or NAME=PIPELINE. None at all: the default pipeline of the language.
    gold_file (Path): A labelled file of any format that `read_gold` reads.
    lang (str): The language of the texts.
    folder (Path): Where the cells are kept.
    suite (str): "quick" or "full".
    seeds (int): How many copies are drawn of a change.
    names_file, foreign_file (Path): Labelled corpora or lists of names in the language of the texts, and in
        another one.
    train_file (Path): The corpus that the pipelines were trained on: names in it are not "unseen".
    labels (list): Change and score entities with these labels only.
    limit (int): Only the first texts, so many.
    RAISES: InputError if something cannot be read, a pipeline is there twice, the gold has no entities, or
        the folder holds the results of other texts; BackendError if a pipeline fails on every text.
    """
    if suite not in SUITES:
        raise InputError(f"There is no suite {suite!r}.", hint=f"Choose of: {', '.join(SUITES)}.")
    shown: dict[str, str | None] = {"default": None}
    if pipelines:
        shown = dict(named_pipelines(pipelines))
    lang = check_language(lang)
    for path in shown.values():
        if path is not None and not Path(path).exists() and not is_package(path):
            load_to_measure(path, lang)  # says what is wrong before anything is measured
    nlp = tokenizer(lang)
    texts = _gold(gold_file, nlp, lang, labels, limit)
    train = None if train_file is None else read_names(train_file, nlp, lang)
    names = {}
    if names_file is not None and train is not None:
        names["unseen"] = read_names(names_file, nlp, lang).without(train)
    if foreign_file is not None:
        names["foreign"] = read_names(foreign_file, nlp, lang)
    copies = make_copies(texts, SUITES[suite], Material(lang, names), seeds)
    settings = {
        "gold": str(gold_file),
        "texts": copies.made[0].digest,
        "lang": lang,
        "labels": labels,
        "limit": limit,
        "pipelines": {name: path or "default" for name, path in shown.items()},
        "suite": suite,
        "changes": [[c.name, c.perturbation, c.strength, {**c.settings}] for c in SUITES[suite]],
        "seeds": seeds,
        "names": names_file and str(names_file),
        "foreign": foreign_file and str(foreign_file),
        "train": train_file and str(train_file),
        "versions": versions(),
    }
    check_folder(folder, settings)
    make_folder(folder / CELLS)
    found = {}
    for name, path in shown.items():
        found[name] = _find_all(name, path, copies.made, lang, folder / CELLS, quiet)
    rows = [
        row
        for name, own in found.items()
        for row in rows_of(name, copies.made, own, seen=train, labels=labels)
    ]
    notes = _notes(copies, found, texts, labels)
    return Outcome(
        rows, pairs_of(copies.made, found, labels=labels), copies.left_out, notes, settings
    )


def _gold(
    file: Path, nlp: Language, lang: str, labels: list[str] | None, limit: int | None
) -> list[Labelled]:
    """RAISES: InputError if no entity is there to be found."""
    docs = [read_labels(doc) for doc in islice(read_gold(file, nlp, lang), limit)]
    there = sorted({entity.label for text in docs for entity in text.entities})
    texts = [
        labelled(t.words, t.spaces, [e for e in t.entities if labels is None or e.label in labels])
        for t in docs
    ]
    if not any(text.entities for text in texts):
        what = f"labels {', '.join(there)}, none of --labels" if there else "no entities"
        raise InputError(
            f"{file}: its {len(texts)} texts have {what}: there is nothing to measure.",
            hint="Give a file of labelled texts: CoNLL, .iob2, .jsonl or .spacy.",
        )
    return texts


def check_folder(folder: Path, settings: dict[str, Any]) -> None:
    """RAISES: InputError if the folder has results of other texts, which would be replaced."""
    file = folder / FILE
    if not file.is_file():
        return
    try:
        before = json.loads(file.read_text(encoding="utf8"))["settings"]
        changed = {
            key: (before[key], settings[key])
            for key in ("lang", "gold", "labels", "limit", "texts")
            if before[key] != settings[key]
        }
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{file} is not what this command wrote.", hint="Name another folder."
        ) from None
    if "texts" in changed or "lang" in changed:
        told = [f"{key}: {old!r}, now {new!r}" for key, (old, new) in changed.items()]
        raise InputError(
            f"{folder} holds the results of another run ({'; '.join(told)}).",
            hint="Name another folder, or delete this one.",
        )


def _find_all(
    name: str, path: str | None, copies: Sequence[Copy], lang: str, folder: Path, quiet: bool
) -> list[Found]:
    """What a pipeline finds in each copy, as far as it is not known yet."""
    pipeline = [made_of(path), lang, versions()]
    files = [folder / f"{_digest([pipeline, copy.digest])}.json" for copy in copies]
    results = [read_found(file, len(own.texts)) for file, own in zip(files, copies, strict=True)]
    missing = [n for n, result in enumerate(results) if result is None]
    if not missing:
        return [result for result in results if result is not None]
    nlp = load_to_measure(path, lang)
    done: list[Found] = []
    bar = tqdm(total=len(missing), desc=name, unit="copy", disable=quiet)
    with bar:
        for n, copy in enumerate(copies):
            result = results[n]
            if result is None:
                bar.set_postfix_str(f"{copy.change.name}, seed {copy.seed}")
                result = find(nlp, copy)
                about = {"pipeline": name, "change": copy.change.name, "seed": copy.seed}
                write_found(files[n], result, about)
                bar.update()
            done.append(result)
    return done


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]


def _notes(
    copies: Copies,
    found: dict[str, list[Found]],
    texts: Sequence[Labelled],
    labels: list[str] | None,
) -> list[str]:
    notes = [f"Left out: {name}: {why}." for name, why in copies.left_out.items()]
    notes += [f"{name}: there are {why}." for name, why in copies.partly.items()]
    known = {entity.label for text in texts for entity in text.entities}
    for name, own in found.items():
        clean = Counter(label for entities in own[0].entities for *_, label in entities)
        strange = sorted(label for label in clean if label not in known)
        counted = [label for label in strange if labels is None or label in labels]
        if counted:
            notes.append(
                f"{name} finds {', '.join(f'{label} ({clean[label]})' for label in counted)}, which "
                f"the gold does not have ({', '.join(sorted(known))}): they count as wrong. --labels "
                "leaves labels out."
            )
        failed = sum(result.failed for result in own)
        if failed:
            notes.append(f"{name} failed on {failed} texts of all copies: nothing is found there.")
    return notes
